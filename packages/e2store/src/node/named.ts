import { fileURLToPath } from 'node:url'
import { LocationError } from '../location/errors.ts'

/** What kind of a place a text names. */
export type Named =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'http' }
  | { readonly kind: 's3' }

const SCHEME = /^([a-z][a-z0-9+.-]+):\/\//i

/**
 * Whether a text is a path, or an address that begins with `file://`, `http://`, `https://` or `s3://`.
 *
 * @throws {LocationError} `BAD_ADDRESS`
 */
export function parseNamed(text: string): Named {
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined) return { kind: 'path', path: text }
  if (scheme === 'file') return { kind: 'path', path: pathOf(text) }
  if (scheme === 'http' || scheme === 'https') return { kind: 'http' }
  if (scheme === 's3') return { kind: 's3' }
  throw new LocationError('BAD_ADDRESS', `${scheme}:// is not known: expected a path, file://, http(s):// or s3://`)
}

function pathOf(text: string): string {
  try {
    return fileURLToPath(text)
  } catch (error) {
    throw new LocationError('BAD_ADDRESS', `not the address of a file on this machine: ${text.slice(0, 200)}`, {
      cause: error,
    })
  }
}

import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { LocationError } from '../location/errors.ts'
import type { Location } from '../location/location.ts'
import { fileLocation, folderLocation } from './folder-location.ts'

const SCHEME = /^([a-z][a-z0-9+.-]+):\/\//i

/**
 * The place that a text names: a path of a folder or of a file, or a `file://` address.
 *
 * @throws {LocationError} `NOT_FOUND`, `BAD_ADDRESS`
 */
export async function openLocation(text: string): Promise<Location> {
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined) return localLocation(text)
  if (scheme === 'file') return localLocation(pathOf(text))
  throw new LocationError('BAD_ADDRESS', `${scheme}:// is not known: expected a path, file://, http(s):// or s3://`)
}

async function localLocation(path: string): Promise<Location> {
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
    throw new LocationError('NOT_FOUND', `${path}: there is no such file or folder`, { cause: error })
  })
  return stats.isDirectory() ? folderLocation(path) : fileLocation(path)
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

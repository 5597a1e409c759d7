import { LocationError } from '../location/errors.ts'
import { isFileName } from '../location/names.ts'
import { web } from '../location/web.ts'

/** Buckets allow no longer keys. */
const MAX_KEY_BYTES = 1024

/** The key, if each of its parts can be the name of a file or folder. @throws {LocationError} `BAD_NAME` */
export function checkKey(key: string): string {
  const parts = key.split('/')
  const isKey = key.length <= MAX_KEY_BYTES && parts.every((part) => isFileName(part) && !part.startsWith('.'))
  if (isKey && new web.TextEncoder().encode(key).length <= MAX_KEY_BYTES) return key
  throw new LocationError('BAD_NAME', `${JSON.stringify(key.slice(0, 120))} is not the key of an object`)
}

/**
 * Throw unless there may be bytes from `from` up to `to`.
 *
 * @param size of the whole object, if it is known
 * @throws {RangeError}
 */
export function checkBounds(from: number, to: number, size: number | undefined): void {
  if (Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0 && from < to && to <= (size ?? to)) return
  throw new RangeError(`no bytes of an object: from ${from} to ${to}${size === undefined ? '' : `, of ${size}`}`)
}

import { LocationError } from '../location/errors.ts'

/** An object has more bytes than the caller takes; its size, if it is known. */
export function tooLarge(shown: string, maxBytes: number, size?: number): LocationError {
  const found = size === undefined ? `more than ${maxBytes} bytes` : `${size} bytes, more than ${maxBytes}`
  return new LocationError('TOO_LARGE', `${shown}: ${found}`)
}

/** An object has another size than the caller knows, or than a range of it needs. */
export function otherSize(shown: string, found: number | string, expected: string): LocationError {
  return new LocationError('BAD_ANSWER', `${shown}: the object has ${found} bytes, expected ${expected}`)
}

/**
 * Something else is stored under the key of an immutable object.
 *
 * @param found its bytes, or its size, or that it is larger
 */
export function conflict(shown: string, found: Uint8Array | number | 'larger', wanted: Uint8Array): LocationError {
  const how = typeof found === 'object' ? difference(found, wanted) : sizes(found, wanted.length)
  return new LocationError('CONFLICT', `${shown}: another content is stored there: ${how}`)
}

function difference(found: Uint8Array, wanted: Uint8Array): string {
  if (found.length !== wanted.length) return sizes(found.length, wanted.length)
  return `it differs from byte ${found.findIndex((byte, i) => byte !== wanted[i])} on`
}

function sizes(found: number | 'larger', wanted: number): string {
  return found === 'larger' ? `more than ${wanted} bytes` : `${found} bytes, not ${wanted}`
}

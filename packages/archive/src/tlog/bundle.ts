import { concatBytes, viewOf } from '@datastreamer/format'
import { TreeError } from './errors.ts'

export const MAX_LEAF_BYTES = 65_535
const LENGTH_BYTES = 2

/** Encode leaves as a bundle: of each its length as a big-endian u16, and its bytes. @throws {RangeError} a leaf is too long */
export function encodeBundle(leaves: readonly Uint8Array[]): Uint8Array {
  return concatBytes(
    leaves.flatMap((leaf) => {
      if (leaf.length > MAX_LEAF_BYTES)
        throw new RangeError(`a leaf of ${leaf.length} bytes, expected ${MAX_LEAF_BYTES}`)
      const length = new Uint8Array(LENGTH_BYTES)
      viewOf(length).setUint16(0, leaf.length)
      return [length, leaf]
    }),
  )
}

/**
 * Decode a bundle of so many leaves, which borrow its memory.
 *
 * @throws {TreeError} `MALFORMED`
 */
export function decodeBundle(bytes: Uint8Array, width: number, path: string): Uint8Array[] {
  const view = viewOf(bytes)
  const leaves: Uint8Array[] = []
  let at = 0
  while (at < bytes.length) {
    const start = at + LENGTH_BYTES
    const end = start <= bytes.length ? start + view.getUint16(at) : start
    if (end > bytes.length) throw new TreeError('MALFORMED', `${path}: ends inside leaf ${leaves.length}`, { path })
    leaves.push(bytes.subarray(start, end))
    at = end
  }
  if (leaves.length === width) return leaves
  throw new TreeError('MALFORMED', `${path}: ${leaves.length} leaves, expected ${width}`, { path })
}

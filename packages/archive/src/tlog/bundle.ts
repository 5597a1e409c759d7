import { concatBytes, viewOf } from '@datastreamer/format'
import { TreeError } from './errors.ts'
import { TILE_WIDTH } from './tile-path.ts'

export const MAX_LEAF_BYTES = 65_535
const LENGTH_BYTES = 2
/** Most bytes of a bundle. */
export const MAX_BUNDLE_BYTES: number = TILE_WIDTH * (LENGTH_BYTES + MAX_LEAF_BYTES)

/** Encode leaves as a bundle: of each its length as a big-endian u16, and its bytes. @throws {RangeError} a leaf is too long */
export function encodeBundle(leaves: readonly Uint8Array[]): Uint8Array {
  return concatBytes(
    leaves.flatMap((leaf) => {
      if (leaf.length > MAX_LEAF_BYTES)
        throw new RangeError(`a leaf of ${leaf.length} bytes, expected ${MAX_LEAF_BYTES} at most`)
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
  const malformed = (what: string): TreeError => new TreeError('MALFORMED', `${path}: ${what}`, { path })
  const leaves: Uint8Array[] = []
  let at = 0
  while (leaves.length < width) {
    if (at === bytes.length) throw malformed(`${leaves.length} leaves, expected ${width}`)
    const start = at + LENGTH_BYTES
    const end = start <= bytes.length ? start + view.getUint16(at) : start
    if (end > bytes.length) throw malformed(`ends inside leaf ${leaves.length}`)
    leaves.push(bytes.subarray(start, end))
    at = end
  }
  if (at < bytes.length) throw malformed(`${bytes.length - at} bytes after its ${width} leaves`)
  return leaves
}

import { decodeLeaf } from '../leaf/decode-leaf.ts'
import { BUNDLE_LEAVES, encodeLookup, lowestOf } from '../leaf/lookup.ts'
import { concatBytes } from '@datastreamer/format'
import type { Sha256 } from '../sha256.ts'
import { CacheControl } from './cache-control.ts'
import { encodeBundle, tileKey, treeRoot } from './interim.ts'
import type { SealedLog } from './sealed-log.ts'

/** An object of a history, to be written. */
export interface LogObject {
  readonly key: string
  readonly bytes: Uint8Array
  readonly cacheControl: string
}

/** Leaves from one index up to another. */
export interface LeafRange {
  readonly from: number
  readonly size: number
}

/**
 * What has to be written for leaves before a checkpoint of the first `size` ones, if a checkpoint of `from` was written
 * before: bundles, tiles, and the lookup, in this order. docs/spec/history.md §1.
 */
export function logObjects(log: SealedLog, { from, size }: LeafRange, sha256: Sha256): LogObject[] {
  const leaves = log.leaves.slice(0, size)
  const hashes = log.hashes.slice(0, size)
  const objects = tilesOf('entries', from, size, (at, end) => encodeBundle(leaves.slice(at, end)))
  let level: readonly Uint8Array[] = hashes
  for (let [l, done] = [0, from]; level.length > 0; l++, done = Math.floor(done / BUNDLE_LEAVES)) {
    const tiles = level
    objects.push(...tilesOf(l, done, tiles.length, (at, end) => concatBytes(tiles.slice(at, end))))
    level = Array.from({ length: Math.floor(tiles.length / BUNDLE_LEAVES) }, (_, i) =>
      treeRoot(tiles.slice(i * BUNDLE_LEAVES, (i + 1) * BUNDLE_LEAVES), sha256),
    )
  }
  if (size > BUNDLE_LEAVES) objects.push(lookupOf(leaves, hashes, sha256))
  return objects
}
function tilesOf(
  level: number | 'entries',
  from: number,
  size: number,
  bytesOf: (at: number, end: number) => Uint8Array,
): LogObject[] {
  const objects: LogObject[] = []
  for (let i = Math.floor(from / BUNDLE_LEAVES); i * BUNDLE_LEAVES < size; i++) {
    const at = i * BUNDLE_LEAVES
    const width = Math.min(BUNDLE_LEAVES, size - at)
    const cacheControl = width === BUNDLE_LEAVES ? CacheControl.forever : CacheControl.partial
    objects.push({ key: tileKey(level, i, width), bytes: bytesOf(at, at + width), cacheControl })
  }
  return objects
}

function lookupOf(leaves: readonly Uint8Array[], hashes: readonly Uint8Array[], sha256: Sha256): LogObject {
  const size = leaves.length
  const full = Math.ceil(size / BUNDLE_LEAVES) - 1
  const rows = Array.from({ length: full }, (_, i) => {
    const [at, end] = [i * BUNDLE_LEAVES, (i + 1) * BUNDLE_LEAVES]
    const lowest = lowestOf(leaves.slice(at, end).map((leaf, j) => decodeLeaf(leaf, at + j)))
    return { hash: treeRoot(hashes.slice(at, end), sha256), ...lowest }
  })
  const bytes = encodeLookup({
    rows,
    edge: hashes.slice(full * BUNDLE_LEAVES),
    first: { leaf: leaves[0] ?? new Uint8Array(0), proof: [] },
    last: leaves.at(-1) ?? new Uint8Array(0),
  })
  return { key: `lookup/${size}`, bytes, cacheControl: CacheControl.partial }
}

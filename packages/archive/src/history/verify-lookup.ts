import { decodeLeaf } from '../leaf/decode-leaf.ts'
import { HistoryError } from '../leaf/history-error.ts'
import type { EpochLeaf, Leaf } from '../leaf/leaf.ts'
import { decodeLookup, type LookupRow } from '../leaf/lookup.ts'
import { sameBytes } from '../segment/point.ts'
import type { Sha256 } from '../sha256.ts'
import { leafHash, rootOfInclusion, type TreeState, treeRoot } from '../tlog/merkle.ts'

/** A lookup whose hashes are those of the log. The numbers in its rows are hints. */
export interface VerifiedLookup {
  readonly rows: readonly LookupRow[]
  readonly first: EpochLeaf
  readonly last: Leaf
}

/** Compare a lookup with the root of the log. @throws {HistoryError} `WRONG_CONTENT`, `BAD_LEAF`, `BROKEN_CHAIN` */
export function verifyLookup(
  bytes: Uint8Array,
  { size, root }: TreeState,
  key: string,
  sha256: Sha256,
): VerifiedLookup {
  const wrong = (what: string): HistoryError => new HistoryError('WRONG_CONTENT', `${key}: ${what}`, { key })
  const { rows, edge, first, last } = decodeLookup(bytes, size, key)
  const hashes = rows.map(({ hash }) => hash)
  if (!sameBytes(treeRoot(sha256, hashes), root)) throw wrong('hashes that do not lead to the root')
  const edgeRoot = hashes.at(-1)
  if (edgeRoot === undefined || !sameBytes(treeRoot(sha256, edge), edgeRoot)) {
    throw wrong('other leaves in the last bundle than the log has')
  }
  const firstRoot = rootOfInclusion(sha256, leafHash(sha256, first.leaf), first.proof, { index: 0, size })
  if (firstRoot === undefined || !sameBytes(firstRoot, root)) {
    throw wrong('another first leaf than the log has')
  }
  const lastHash = edge.at(-1)
  if (lastHash === undefined || !sameBytes(leafHash(sha256, last), lastHash)) {
    throw wrong('another last leaf than the log has')
  }
  const leaf = decodeLeaf(first.leaf, 0)
  if (leaf.kind !== 'epoch') throw new HistoryError('BROKEN_CHAIN', 'leaf 0: the first leaf does not open epoch 0')
  return { rows, first: leaf, last: decodeLeaf(last, size - 1) }
}

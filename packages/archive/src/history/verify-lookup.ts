import { sameBytes } from '../digest-chain.ts'
import { decodeLeaf } from '../leaf/decode-leaf.ts'
import { HistoryError } from '../leaf/history-error.ts'
import type { EpochLeaf, Leaf } from '../leaf/leaf.ts'
import { decodeLookup, type LookupRow } from '../leaf/lookup.ts'
import type { Sha256 } from '../sha256.ts'
import { type Checkpoint, leafHash, treeRoot, verifyInclusion } from './interim.ts'

/** A lookup whose hashes are those of the log. The numbers in its rows are hints. */
export interface VerifiedLookup {
  readonly rows: readonly LookupRow[]
  /** Root of the last bundle's leaves. */
  readonly edgeRoot: Uint8Array
  readonly first: EpochLeaf
  readonly last: Leaf
}

/** Compare a lookup with the root of the log. @throws {HistoryError} `WRONG_CONTENT`, `BAD_LEAF`, `BROKEN_CHAIN` */
export function verifyLookup(
  bytes: Uint8Array,
  { size, root }: Checkpoint,
  key: string,
  sha256: Sha256,
): VerifiedLookup {
  const wrong = (what: string): HistoryError => new HistoryError('WRONG_CONTENT', `${key}: ${what}`, { key })
  const { rows, edge, first, last } = decodeLookup(bytes, size, key)
  const edgeRoot = treeRoot(edge, sha256)
  if (!sameBytes(treeRoot([...rows.map(({ hash }) => hash), edgeRoot], sha256), root)) {
    throw wrong('hashes that do not lead to the root')
  }
  const firstHash = leafHash(first.leaf, sha256)
  if (!verifyInclusion({ hash: firstHash, index: 0, size, root }, first.proof, sha256)) {
    throw wrong('another first leaf than the log has')
  }
  const lastHash = edge.at(-1)
  if (lastHash === undefined || !sameBytes(leafHash(last, sha256), lastHash)) {
    throw wrong('another last leaf than the log has')
  }
  const leaf = decodeLeaf(first.leaf, 0)
  if (leaf.kind !== 'epoch') throw new HistoryError('BROKEN_CHAIN', 'leaf 0: the first leaf does not open epoch 0')
  return { rows, edgeRoot, first: leaf, last: decodeLeaf(last, size - 1) }
}

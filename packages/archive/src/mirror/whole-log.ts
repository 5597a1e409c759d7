import { InternalError, type Signal } from '@datastreamer/format'
import type { Mirrors } from '../history/mirrors.ts'
import { readLeaves } from '../history/read-whole-index.ts'
import type { KnownCheckpoint } from '../history/snapshot.ts'
import { decodeLeaf } from '../leaf/decode-leaf.ts'
import type { Leaf } from '../leaf/leaf.ts'
import type { LogLeaves } from '../publish/log-objects.ts'
import type { Sha256 } from '../sha256.ts'
import { leafHash } from '../tlog/merkle.ts'
import { TreeHashes } from '../tlog/tree-hashes.ts'

/** All leaves of a log, which lead to the root of a checkpoint. */
export interface WholeLog extends LogLeaves {
  readonly checkpoint: KnownCheckpoint
  readonly decoded: readonly Leaf[]
}

/** Read all leaves. @throws {HistoryError} */
export async function readWholeLog(
  checkpoint: KnownCheckpoint,
  mirrors: Mirrors,
  sha256: Sha256,
  signal: Signal | undefined,
): Promise<WholeLog> {
  const leaves = (await readLeaves({ mirrors, sha256 }, checkpoint, signal)).flat()
  const tree = new TreeHashes(sha256)
  for (const leaf of leaves) tree.append(leafHash(sha256, leaf))
  if (leaves.length !== checkpoint.size) throw new InternalError('INVARIANT', 'leaves were left out')
  return { checkpoint, leaves, tree, decoded: leaves.map(decodeLeaf) }
}

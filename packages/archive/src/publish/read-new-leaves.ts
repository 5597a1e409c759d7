import { sameBytes } from '../digest-chain.ts'
import { BUNDLE_LEAVES } from '../leaf/lookup.ts'
import type { Sha256 } from '../sha256.ts'
import type { HistoryTarget } from './history-target.ts'
import { type Checkpoint, decodeBundle, leafHash, tileKey, treeRoot } from './interim.ts'
import type { SealedLog } from './sealed-log.ts'

/**
 * All leaves of a checkpoint that a history has: those of the log as far as they are signed for, the others from the
 * history. `undefined` if these do not make the checkpoint's root, or are not there: then the checkpoint does not continue the
 * log, or somebody is writing its tiles.
 */
export async function readNewLeaves(
  target: HistoryTarget,
  log: SealedLog,
  { size, root }: Checkpoint,
  sha256: Sha256,
): Promise<Uint8Array[] | undefined> {
  const leaves = log.leaves.slice(0, log.signedSize)
  for (let i = Math.floor(leaves.length / BUNDLE_LEAVES); leaves.length < size; i++) {
    const width = Math.min(BUNDLE_LEAVES, size - i * BUNDLE_LEAVES)
    const bundle = await readBundle(target, i, width)
    if (bundle === undefined) return undefined
    leaves.push(...bundle.slice(leaves.length - i * BUNDLE_LEAVES))
  }
  const hashes = leaves.map((leaf, i) =>
    i < log.signedSize ? (log.hashes[i] ?? leafHash(leaf, sha256)) : leafHash(leaf, sha256),
  )
  return sameBytes(treeRoot(hashes, sha256), root) ? leaves : undefined
}

/** The first leaves of a bundle; the full one has them too. */
async function readBundle(target: HistoryTarget, index: number, width: number): Promise<Uint8Array[] | undefined> {
  for (const key of new Set([tileKey('entries', index, width), tileKey('entries', index, BUNDLE_LEAVES)])) {
    const bytes = await target.get(key)
    const leaves = bytes && decoded(bytes)
    if (leaves !== undefined && leaves.length >= width) return leaves.slice(0, width)
  }
  return undefined
}

function decoded(bytes: Uint8Array): Uint8Array[] | undefined {
  try {
    return decodeBundle(bytes)
  } catch {
    return undefined
  }
}

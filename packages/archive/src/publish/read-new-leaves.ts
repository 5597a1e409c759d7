import { sameBytes } from '../segment/point.ts'
import type { Sha256 } from '../sha256.ts'
import { decodeBundle, MAX_BUNDLE_BYTES } from '../tlog/bundle.ts'
import { TreeError } from '../tlog/errors.ts'
import { leafHash, type TreeState } from '../tlog/merkle.ts'
import { TILE_WIDTH, type TileRef, tilePath } from '../tlog/tile-path.ts'
import { newBundles } from '../tlog/tiles.ts'
import { TreeHashes } from '../tlog/tree-hashes.ts'
import type { HistoryTarget } from './history-target.ts'
import type { SealedLog } from './sealed-log.ts'

/**
 * All leaves of a checkpoint that a history has: those of the log as far as they are signed for, the others from the
 * history. `undefined` if these do not make the checkpoint's root, or are not there: then the checkpoint does not continue the
 * log, or somebody is writing its tiles.
 */
export async function readNewLeaves(
  target: HistoryTarget,
  log: SealedLog,
  { size, root }: TreeState,
  sha256: Sha256,
): Promise<Uint8Array[] | undefined> {
  const known = log.signedSize
  const leaves = log.leaves.slice(0, known)
  for (const ref of newBundles(known, size)) {
    const bundle = await readBundle(target, ref)
    if (bundle === undefined) return undefined
    leaves.push(...bundle.slice(leaves.length - ref.index * TILE_WIDTH))
  }
  const tree = new TreeHashes(sha256)
  for (const hash of log.tree.leaves(0, known)) tree.append(hash)
  for (const leaf of leaves.slice(known)) tree.append(leafHash(sha256, leaf))
  return sameBytes(tree.root(), root) ? leaves : undefined
}

/** The leaves of a bundle; the full one begins with those of a partial one. */
async function readBundle(target: HistoryTarget, ref: TileRef): Promise<Uint8Array[] | undefined> {
  const full = { ...ref, width: TILE_WIDTH }
  for (const each of ref.width === TILE_WIDTH ? [full] : [ref, full]) {
    const bytes = await target.get(tilePath(each), MAX_BUNDLE_BYTES)
    const leaves = bytes && decoded(bytes, each)
    if (leaves !== undefined) return leaves.slice(0, ref.width)
  }
  return undefined
}

function decoded(bytes: Uint8Array, ref: TileRef): Uint8Array[] | undefined {
  try {
    return decodeBundle(bytes, ref.width, tilePath(ref))
  } catch (error) {
    if (error instanceof TreeError) return undefined
    throw error
  }
}

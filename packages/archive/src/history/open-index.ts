import type { Signal } from '@datastreamer/format'
import { HistoryError } from '../leaf/history-error.ts'
import type { TreeState } from '../tlog/merkle.ts'
import { TILE_WIDTH } from '../tlog/tile-path.ts'
import type { LeafIndex } from './leaf-index.ts'
import { LookupIndex } from './lookup-index.ts'
import { type LeafReading, readBundles, readTree } from './read-whole-index.ts'
import { type VerifiedLookup, verifyLookup } from './verify-lookup.ts'

/** Most leaves of a log that is read. */
const MAX_LEAVES = 16_777_216

/**
 * The leaves that a checkpoint speaks of: with one request, unless there are more than a bundle and no lookup.
 *
 * @throws {HistoryError}
 * @see docs/spec/history.md §4
 */
export async function openIndex(
  reading: LeafReading,
  checkpoint: TreeState,
  signal: Signal | undefined,
): Promise<LeafIndex> {
  const { size, root } = checkpoint
  if (size === 0) throw new HistoryError('NO_HISTORY', 'a log without leaves')
  if (size > MAX_LEAVES) throw new HistoryError('WRONG_CONTENT', `a log of ${size} leaves, more than ${MAX_LEAVES}`)
  if (size <= TILE_WIDTH) return readBundles(reading, [{ index: 0, width: size, root }], signal)
  const lookup = await readLookup(reading, checkpoint, signal)
  if (lookup !== undefined) return new LookupIndex(size, lookup, reading)
  return readTree(reading, checkpoint, signal)
}

/** The lookup, `undefined` if there is none that is right. */
async function readLookup(
  { mirrors, sha256, onNotice }: LeafReading,
  checkpoint: TreeState,
  signal: Signal | undefined,
): Promise<VerifiedLookup | undefined> {
  const key = `lookup/${checkpoint.size}`
  const check = (bytes: Uint8Array): VerifiedLookup => verifyLookup(bytes, checkpoint, key, sha256)
  let cause: unknown
  try {
    const found = await mirrors.readIfThere({ key, maxBytes: maxLookupBytes(checkpoint.size), check }, signal)
    if (found !== undefined) return found
  } catch (error) {
    if (!(error instanceof HistoryError) || error.code === 'UNREACHABLE') throw error
    cause = error
  }
  onNotice({ code: 'NO_LOOKUP', message: `${key}: ${cause === undefined ? 'not there' : 'wrong'}`, error: cause })
  return undefined
}

/** Bytes of the largest lookup that a log of so many leaves can have. docs/spec/history.md §5. */
function maxLookupBytes(size: number): number {
  const [headBytes, rowBytes, hashBytes, leafBytes, paths] = [16, 64, 32, 2 + 0xffff, 1 + 63 * 32]
  return headBytes + Math.ceil(size / TILE_WIDTH) * rowBytes + TILE_WIDTH * hashBytes + 2 * leafBytes + paths
}

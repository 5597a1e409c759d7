import type { Objects, WritableObjects } from '@datastreamer/e2store/objects'
import { ahead } from '../history/ahead.ts'
import type { HistoryOptions } from '../history/history-options.ts'
import { openReading } from '../history/open-reading.ts'
import { HistoryError } from '../leaf/history-error.ts'
import type { SegmentLeaf } from '../leaf/leaf.ts'
import { Copy } from './copy.ts'
import { type HistoryProgress, ProgressOf } from './history-progress.ts'
import { readSegmentFile } from './read-segment.ts'
import { readWholeLog } from './whole-log.ts'

export interface MirrorHistoryOptions
  extends Pick<HistoryOptions, 'publicKey' | 'codecs' | 'missingRetries' | 'onNotice' | 'signal' | 'clock'> {
  /**
   * Whether what the copy's checkpoint speaks of is looked at again (default false: all was there when it was written).
   */
  readonly recheck?: boolean | undefined
  readonly onProgress?: ((progress: HistoryProgress) => void) | undefined
}

/** What was copied. */
export interface MirrorReport {
  /** The signed note of the history. */
  readonly checkpoint: string
  /** Whether the copy has it now: not if there are gaps. */
  readonly isPublished: boolean
  /** Segments that were copied. */
  readonly copied: number
  /** Segments that were looked at, and were there. */
  readonly kept: number
  /** Bytes of the segments that were copied. */
  readonly bytes: number
  /** Segments that the history does not have, or has wrong. */
  readonly gaps: readonly HistoryError[]
}

/** Segments that are copied at once. */
const SEGMENTS_AT_ONCE = 2

/**
 * Copy a history, or what a copy does not have yet: segments first, then bundles, tiles and the lookup, and the
 * checkpoint once all is there that it speaks of. What is there is compared by its hash and kept, so it can be ended at
 * any time and done again.
 *
 * @param from of several copies, what one does not have is read from the next
 * @throws {HistoryError} `LATE` if the copy has more; `FORKED`; `OTHER_ORIGIN` or `UNTRUSTED`, of the copy's checkpoint
 * as well; `NO_HISTORY`, `UNREACHABLE`; `MISSING` or `WRONG_CONTENT` of leaves
 * @throws {LocationError} if the copy cannot be read or written @throws {KeyError}
 */
export async function mirrorHistory(
  from: Objects | readonly Objects[],
  to: WritableObjects,
  options: MirrorHistoryOptions = {},
): Promise<MirrorReport> {
  const { signal, recheck = false } = options
  const { mirrors, checkpoints, codecs } = await openReading([from].flat() as readonly Objects[], options)
  const { sha256 } = codecs
  const log = await readWholeLog(await checkpoints.newest(signal), mirrors, sha256, signal)
  const copy = new Copy(to, sha256, signal)
  const had = await copy.size(checkpoints, log)
  const since = recheck ? 0 : had
  const segments = log.decoded.slice(since).filter((leaf): leaf is SegmentLeaf => leaf.kind === 'segment')
  const progress = new ProgressOf(segments, options.onProgress)
  const gaps: HistoryError[] = []
  let [copied, bytes] = [0, 0]
  const work = async (leaf: SegmentLeaf): Promise<SegmentLeaf> => {
    const held = await copy.holds(leaf)
    if (held === 'same') return leaf
    try {
      await copy.putSegment(leaf, await readSegmentFile(leaf, mirrors, sha256, signal), held)
      copied++
      bytes += leaf.bytes
    } catch (error) {
      if (!(error instanceof HistoryError) || error.code === 'UNREACHABLE') throw error
      gaps.push(error)
    }
    return leaf
  }
  for await (const leaf of ahead(segments, work, { limit: () => SEGMENTS_AT_ONCE, signal })) progress.add(leaf)
  const kept = segments.length - copied - gaps.length
  const isPublished = gaps.length === 0
  if (isPublished) {
    await copy.putLog(log, since)
    // Another copying may have ended meanwhile.
    await copy.size(checkpoints, log)
    await copy.putCheckpoint(log.checkpoint)
  }
  return { checkpoint: log.checkpoint.note, isPublished, copied, kept, bytes, gaps }
}

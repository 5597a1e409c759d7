import type { Objects } from '@datastreamer/e2store/objects'
import type { Signal } from '@datastreamer/format'
import { ahead } from '../history/ahead.ts'
import { type Checkpoints, forked, late } from '../history/checkpoints.ts'
import type { HistoryOptions } from '../history/history-options.ts'
import type { Mirrors } from '../history/mirrors.ts'
import { openReading } from '../history/open-reading.ts'
import type { KnownCheckpoint } from '../history/snapshot.ts'
import { LeafChain } from '../leaf/check-follows.ts'
import { HistoryError } from '../leaf/history-error.ts'
import { endOf, type Leaf, type SegmentLeaf } from '../leaf/leaf.ts'
import { type LogObject, LogObjects } from '../publish/log-objects.ts'
import { sameBytes } from '../segment/point.ts'
import { utf8 } from '../tlog/text.ts'
import { checkSegment } from './check-segment.ts'
import { type HistoryProgress, ProgressOf } from './history-progress.ts'
import { readWholeLog, type WholeLog } from './whole-log.ts'

export interface VerifyHistoryOptions
  extends Pick<HistoryOptions, 'publicKey' | 'codecs' | 'missingRetries' | 'onNotice' | 'signal' | 'clock'> {
  /** A checkpoint that was seen before: the history has to continue it. */
  readonly since?: string | undefined
  /**
   * Whether digests are counted on over all entries, and all that is said of blocks is compared with them (default
   * false).
   */
  readonly deep?: boolean | undefined
  readonly onProgress?: ((progress: HistoryProgress) => void) | undefined
}

/** What was found. */
export interface HistoryReport {
  /** The signed note. */
  readonly checkpoint: string
  /** Leaves. */
  readonly size: number
  /** Segments of all epochs. */
  readonly segments: number
  /** Entries of the stream. */
  readonly entries: bigint
  /** Bytes of segments. */
  readonly bytes: number
  /** What is wrong or missing; nothing, if the history is sound. */
  readonly faults: readonly HistoryError[]
}

/** Segments that are checked at once. */
const SEGMENTS_AT_ONCE = 2

/**
 * Read all of a history and check it: signature, leaves and what follows what, tiles, the lookup, every segment.
 *
 * What is wrong or missing is in the report. Thrown is what ends the work: a checkpoint that is not signed by the key,
 * or a place that does not answer.
 *
 * @throws {HistoryError} `NO_HISTORY`, `OTHER_ORIGIN`, `UNTRUSTED`, `UNREACHABLE` @throws {KeyError}
 * @see docs/spec/history.md §7
 */
export async function verifyHistory(objects: Objects, options: VerifyHistoryOptions = {}): Promise<HistoryReport> {
  const { mirrors, checkpoints, codecs } = await openReading([objects], {
    ...options,
    missingRetries: options.missingRetries ?? 0,
  })
  const checkpoint = await checkpoints.newest(options.signal)
  const faults = new Faults()
  const log = await faults.of(() => readWholeLog(checkpoint, mirrors, codecs.sha256, options.signal))
  if (log === undefined) return reportOf(checkpoint, [], 0n, faults)
  await faults.of(() => checkSince(log, checkpoints, options.since))
  const end = await faults.of(async () => checkChain(log.decoded))
  for (const object of new LogObjects(log, codecs.sha256).between({ from: 0, size: checkpoint.size })) {
    await faults.of(() => checkObject(object, mirrors, options.signal))
  }
  const segments = log.decoded.filter((leaf): leaf is SegmentLeaf => leaf.kind === 'segment')
  const check = (leaf: SegmentLeaf): Promise<SegmentLeaf> =>
    faults
      .of(() => checkSegment(leaf, log, { mirrors, codecs, deep: options.deep ?? false, signal: options.signal }))
      .then(() => leaf)
  const progress = new ProgressOf(segments, options.onProgress)
  const atOnce = { limit: () => SEGMENTS_AT_ONCE, signal: options.signal }
  for await (const leaf of ahead(segments, check, atOnce)) progress.add(leaf)
  return reportOf(checkpoint, segments, end ?? 0n, faults)
}

/** @throws {HistoryError} `FORKED`, `LATE` */
async function checkSince(
  { checkpoint, tree }: WholeLog,
  checkpoints: Checkpoints,
  since: string | undefined,
): Promise<void> {
  if (since === undefined) return
  const seen = await checkpoints.open(utf8(since))
  if (seen.size > checkpoint.size) throw late(seen, checkpoint)
  if (!sameBytes(tree.root(seen.size), seen.root)) throw forked(seen, checkpoint, 'are not of one log')
}

/**
 * Whether leaves follow each other.
 *
 * @returns number of the entry after the last
 * @throws {HistoryError} `BROKEN_CHAIN`
 */
function checkChain(leaves: readonly Leaf[]): bigint {
  const chain = new LeafChain()
  for (const leaf of leaves) chain.push(leaf)
  return chain.last === undefined ? 0n : endOf(chain.last).number
}

/** Whether there is what follows from the leaves. @throws {HistoryError} */
async function checkObject({ key, bytes }: LogObject, mirrors: Mirrors, signal: Signal | undefined): Promise<void> {
  const check = (found: Uint8Array): void => {
    if (!sameBytes(found, bytes)) {
      throw new HistoryError('WRONG_CONTENT', `${key}: not what follows from the leaves`, { key })
    }
  }
  await mirrors.read({ key, maxBytes: bytes.length, check }, signal)
}

/** Collects what is wrong. */
class Faults {
  readonly all: HistoryError[] = []

  /** Do a check; what is wrong is kept, and what hinders is thrown. */
  async of<T>(check: () => Promise<T>): Promise<T | undefined> {
    try {
      return await check()
    } catch (error) {
      if (!(error instanceof HistoryError) || error.code === 'UNREACHABLE') throw error
      this.all.push(error)
      return undefined
    }
  }
}

function reportOf(
  { note, size }: KnownCheckpoint,
  segments: readonly SegmentLeaf[],
  entries: bigint,
  { all }: Faults,
): HistoryReport {
  const bytes = segments.reduce((sum, leaf) => sum + leaf.bytes, 0)
  return { checkpoint: note, size, segments: segments.length, entries, bytes, faults: all }
}

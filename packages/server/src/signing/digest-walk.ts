import { pageOf } from '@datastreamer/format'
import { DigestChain } from '@datastreamer/format/signing'
import { sha256Into } from '@datastreamer/runtime'
import { LogCursor, type ReadableLog } from '@datastreamer/store/log'
import type { FairScheduler, Rank } from '../tcp/fair-scheduler.ts'
import type { DigestPoint } from '../tcp/known-signatures.ts'
import { pageOfPoint } from './point-row.ts'

/** Bytes that are hashed in one turn. */
const SHARE_BYTES = 32 * 1024
/** Bytes that are read from disk at a time. */
const READ_BYTES = 256 * 1024

export interface DigestWalkOptions {
  readonly log: ReadableLog
  readonly scheduler: FairScheduler
  readonly from: DigestPoint
  /** Number of the entry to stop before (default: none, the walk waits for commits). */
  readonly end?: number | undefined
  /** Whether the log has changed before where the walk is, so that it ends. */
  readonly isStale: () => boolean
}

/** What happens to a walk over a log. */
export interface WalkEvents {
  /** Number of an entry after `number` before which the digest is wanted; infinite if there is none. */
  readonly stopAfter?: ((number: number) => number) | undefined
  /** It has come to a point. */
  readonly onPoint?: ((point: DigestPoint) => void) | undefined
  /** It has come to the end of a page. */
  readonly onPageEnd: (point: DigestPoint) => Promise<void>
  /** It has come to the commit point; resolves at the next commit (default: it ends there). */
  readonly atHead?: ((point: DigestPoint) => Promise<void>) | undefined
}

/**
 * Hash the log from a point on, each entry once, in turns.
 *
 * @returns the last point: `end`, or where the log was when it was found to have changed
 * @throws {TruncatedError} if entries before it were removed
 * @throws {DamageError} if an entry cannot be read
 */
export async function walkDigests(options: DigestWalkOptions, events?: WalkEvents): Promise<DigestPoint> {
  const { log, scheduler, from, end = Number.POSITIVE_INFINITY, isStale } = options
  const cursor = new LogCursor(log, from)
  const chain = new DigestChain({ nextEntry: BigInt(from.number), runningDigest: from.digest }, sha256Into)
  let point = from
  // What has just been committed waits for no turn.
  let isFresh = false
  while (point.number < end) {
    const live = cursor.now()
    const run = live ?? (await cursor.read({ maxBytes: READ_BYTES }))
    if (isStale()) return point
    if (run === undefined) {
      if (events?.atHead === undefined) return point
      await events.atHead(point)
      isFresh = true
      if (isStale()) return point
      continue
    }
    if (point.number > 0 && pageOf(run.position) > pageOfPoint(point)) await events?.onPageEnd(point)
    for (let at = 0; at < run.bytes.length && point.number < end; ) {
      const hashShare = (): void => {
        if (isStale()) return
        const stop = Math.min(end, events?.stopAfter?.(chain.number) ?? end)
        at += chain.appendRun(run.bytes.subarray(at), stop, SHARE_BYTES)
      }
      if (isFresh) hashShare()
      else await inTurn(scheduler, live === undefined ? 'backlog' : 'live', hashShare)
      if (isStale()) return point
      isFresh = false
      point = { number: chain.number, position: run.position + at, digest: chain.digest }
      events?.onPoint?.(point)
    }
    cursor.moveTo({ number: point.number, position: point.position })
  }
  return point
}

/** Do work in a turn of its own. */
function inTurn(scheduler: FairScheduler, rank: Rank, work: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const runTurn = (): boolean => {
      try {
        work()
        resolve()
      } catch (error) {
        reject(error)
      }
      return false
    }
    scheduler.enqueue({ rank, runTurn })
  })
}

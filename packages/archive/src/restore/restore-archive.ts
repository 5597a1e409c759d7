import type { EntrySource, Signal } from '@datastreamer/format'
import { throwIfAborted } from '../abort.ts'
import type { Archive } from '../archive/archive.ts'
import type { Segment } from '../archive/open-segment.ts'
import { verifiedRuns, verifySegment } from '../archive/verify-segment.ts'
import { ChainError } from '../errors.ts'
import type { SegmentFacts } from '../segment/order-segments.ts'
import type { StreamPoint } from '../segment/point.ts'
import type { VerifySegmentOptions } from '../segment/verify-options.ts'
import { compareWithTarget, startsLater } from './compare-target.ts'
import { type OperationTarget, OperationWriter } from './operation-writer.ts'

/** A stream that an archive is written into: an open store. */
export interface RestoreTarget extends Pick<EntrySource, 'name' | 'getHeader' | 'batches'>, OperationTarget {}

export interface RestoreOptions {
  readonly signal?: Signal | undefined
  /** Called with the bytes of all segments that are done. */
  readonly onProgress?: ((bytes: number, total: number) => void) | undefined
  /** Called with each segment that is in the stream now. */
  readonly onSegment?: ((segment: SegmentFacts) => Promise<void> | void) | undefined
}

/** `totalEntries` of the target, before and after. */
export interface RestoreResult {
  readonly before: bigint
  readonly after: bigint
}

/**
 * Throw unless an archive can be restored into a new stream: it begins with entry 0, and its first segment verifies.
 *
 * @param target what people call the stream to be made
 * @throws {ChainError} `GAP` @throws {SegmentError}
 */
export async function verifyBeginning(
  archive: Archive,
  target: string,
  options: Pick<RestoreOptions, 'signal'> = {},
): Promise<void> {
  const [first] = archive.segments
  if (first.header.start.number > 0n) throw startsLater(first, target, 0n)
  await archive.withSegment(first, (segment) => verifySegment(segment, options))
}

/**
 * Write an archive into a stream in atomic operations, those of a segment once all of it has been checked. In layout 2
 * they are those of the stream that was archived; a segment of layout 1 is one. A stream that holds the beginning of the
 * archived one is continued, so an interrupted call is completed by making it again.
 *
 * @throws {ChainError} the archive does not fit to the stream: `GAP`, `TARGET_DIFFERS`, `BROKEN_CHAIN`
 * @throws {SegmentError}
 * @see docs/spec/archive.md §6
 */
export async function restoreArchive(
  archive: Archive,
  target: RestoreTarget,
  { signal, onProgress, onSegment }: RestoreOptions = {},
): Promise<RestoreResult> {
  const { totalEntries: before } = await target.getHeader()
  const reached = await compareWithTarget(archive, target, signal)
  const bytes = archive.segments.reduce((sum, { size }) => sum + size, 0)
  const writer = new OperationWriter(target, before)
  /** Segments that are not wholly in the stream, as an operation goes on after them. */
  let waiting: SegmentFacts[] = []
  let done = 0
  const report = async (): Promise<void> => {
    if (writer.isOpen) return
    for (const facts of waiting) await onSegment?.(facts)
    waiting = []
  }
  try {
    for (const facts of archive.segments) {
      const options = { signal, onProgress: (position: number) => onProgress?.(done + position, bytes) }
      await archive.withSegment(facts, async (segment) => {
        if (facts.end.number > reached.number) await restoreSegment(segment, { target, writer, reached, options })
      })
      done += facts.size
      waiting.push(facts)
      await report()
    }
    await writer.commit()
  } catch (error) {
    writer.rollback()
    throw error
  }
  await report()
  return { before, after: (await target.getHeader()).totalEntries }
}

interface Restoring {
  readonly target: RestoreTarget
  readonly writer: OperationWriter
  /** Where the target ended before. */
  readonly reached: StreamPoint
  readonly options: VerifySegmentOptions
}

async function restoreSegment(segment: Segment, { target, writer, reached, options }: Restoring): Promise<void> {
  const { start } = segment.header
  const through = reached.number > start.number ? reached : undefined
  if (through === undefined) await checkMeets(start, target, writer)
  if (segment.layout === 2) {
    await verifySegment(segment, { ...options, through })
    for await (const run of segment.runs('read')) {
      throwIfAborted(options.signal)
      await writer.write(run)
    }
  } else {
    for await (const run of verifiedRuns(segment, { ...options, through })) await writer.write(run)
    await writer.commit()
  }
}

/** Throw unless the target ends where a segment begins, with what is not committed yet. */
async function checkMeets(start: StreamPoint, target: RestoreTarget, writer: OperationWriter): Promise<void> {
  const { totalEntries, totalLength } = await target.getHeader()
  const meets = writer.isOpen || (start.number === totalEntries && start.position === totalLength)
  if (meets && writer.next === start.number) return
  const message = `${target.name} ends at entry ${totalEntries} and byte ${totalLength}, the archive begins at ${start.number} and ${start.position}`
  throw new ChainError('BROKEN_CHAIN', message)
}

import { decodeEntry, type EntrySource, encodeEntry, type Signal } from '@datastreamer/format'
import type { StreamWriter } from '@datastreamer/format/source'
import type { Archive } from '../archive/archive.ts'
import type { Segment } from '../archive/open-segment.ts'
import { verifiedRuns, verifySegment } from '../archive/verify-segment.ts'
import { ChainError } from '../errors.ts'
import { DigestChain } from '../segment/digest-chain.ts'
import { encodedEntries } from '../segment/entry-run.ts'
import type { SegmentFacts } from '../segment/order-segments.ts'
import { type StreamPoint, samePoint } from '../segment/point.ts'

/** A stream that an archive is written into: an open store. */
export interface RestoreTarget
  extends Pick<EntrySource, 'name' | 'getHeader' | 'batches'>,
    Pick<StreamWriter, 'startAtomicOp' | 'addStreamEntry' | 'commitAtomicOp' | 'rollbackAtomicOp' | 'writable'> {}

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
 * Write an archive into a stream, each segment as one atomic operation, once all of it has been checked. A stream that
 * holds the beginning of the archived one is continued, so an interrupted call is completed by making it again.
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
  let done = 0
  for (const facts of archive.segments) {
    const report = (position: number): void => onProgress?.(done + position, bytes)
    await archive.withSegment(facts, async (segment) => {
      if (facts.end.number <= reached.number) return
      await restoreSegment(segment, target, reached, { signal, onProgress: report })
    })
    done += facts.size
    await onSegment?.(facts)
  }
  return { before, after: (await target.getHeader()).totalEntries }
}

async function restoreSegment(
  segment: Segment,
  target: RestoreTarget,
  reached: StreamPoint,
  options: Pick<RestoreOptions, 'signal' | 'onProgress'>,
): Promise<void> {
  const { totalEntries, totalLength } = await target.getHeader()
  const { start } = segment.header
  const through = reached.number > start.number ? reached : undefined
  if (through === undefined && (start.number !== totalEntries || start.position !== totalLength)) {
    const message = `${target.name} ends at entry ${totalEntries} and byte ${totalLength}, the archive begins at ${start.number} and ${start.position}`
    throw new ChainError('BROKEN_CHAIN', message)
  }
  target.startAtomicOp()
  try {
    for await (const run of verifiedRuns(segment, { ...options, through })) {
      for (const bytes of encodedEntries(run)) {
        const entry = decodeEntry(bytes)
        if (entry !== undefined && entry.number >= totalEntries) target.addStreamEntry(entry.type, entry.data)
      }
      await target.writable()
    }
  } catch (error) {
    target.rollbackAtomicOp()
    throw error
  }
  await target.commitAtomicOp()
}

/**
 * Compare the target with the archive as far as it goes.
 *
 * @returns where it ends, or where the archive ends if that is before
 */
async function compareWithTarget(
  { segments, codecs }: Archive,
  target: RestoreTarget,
  signal: Signal | undefined,
): Promise<StreamPoint> {
  const header = await target.getHeader()
  const [first] = segments
  if (first.header.start.number > header.totalEntries) throw startsLater(first, target.name, header.totalEntries)
  const chain = DigestChain.atStart(header, codecs.sha256)
  const points = [first.header.start, ...segments.map(({ end }) => end)].values()
  let point = points.next()
  const check = (): void => {
    for (; !point.done && point.value.number === chain.number; point = points.next()) {
      if (samePoint(point.value, chain.point())) continue
      const message = `${target.name} holds another stream: its entries before ${chain.number} are others`
      throw new ChainError('TARGET_DIFFERS', message)
    }
  }
  const end = (segments.at(-1) ?? first).end.number
  const isLonger = header.totalEntries > end
  const stop = isLonger ? end : header.totalEntries
  check()
  if (stop === 0n) return chain.point()
  for await (const batch of target.batches({ to: stop - 1n, follow: false, signal })) {
    for (const entry of batch) {
      chain.append(encodeEntry(entry))
      check()
    }
  }
  return chain.point()
}

function startsLater({ name, header: { start } }: SegmentFacts, target: string, entries: bigint): ChainError {
  const message = `${name} begins with entry ${start.number}, ${target} has ${entries} entries: files before it are missing`
  return new ChainError('GAP', message)
}

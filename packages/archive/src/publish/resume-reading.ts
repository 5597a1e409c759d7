import type { OperationEvent } from '@datastreamer/format'
import type { Generation } from '@datastreamer/sequencer-entries'
import type { StreamPoint } from '../segment/point.ts'
import type { Sha256 } from '../sha256.ts'
import { forkIdAfter } from './entry-numbers.ts'
import { PointCheck } from './point-check.ts'
import { StreamDiffers } from './stream-differs.ts'

/** The last segment of a history. */
export interface LastSegment {
  readonly start: StreamPoint
  readonly end: StreamPoint
}

/** A stream after a segment. */
export interface ResumedReading {
  /** Fork id of the batch that is open there; 0 if none is, or it is not known. */
  readonly forkId: bigint
  readonly events: AsyncGenerator<OperationEvent, void, void>
}

/**
 * Read a stream, that is read from the beginning of a segment, past it: so it is sure that what follows comes after the
 * entries of the segment. @throws {StreamDiffers}
 */
export async function resumeReading(
  events: AsyncIterable<OperationEvent>,
  { start, end }: LastSegment,
  { sha256, encoding }: { readonly sha256: Sha256; readonly encoding: Generation | undefined },
): Promise<ResumedReading> {
  const iterator = events[Symbol.asyncIterator]()
  const check = new PointCheck(start, start.number < end.number ? [end] : [], sha256)
  let forkId = 0n
  let hasGap = false
  const first: OperationEvent[] = []
  try {
    for (let next = start.number; next < end.number; ) {
      const { done, value: event } = await iterator.next()
      if (done === true) throw new StreamDiffers()
      if (event.kind === 'operationBoundary') {
        hasGap = event.gap
        continue
      }
      const known = event.entries.slice(0, Number(end.number - next))
      if (!check.take(known)) throw new StreamDiffers()
      forkId = forkIdAfter(known, encoding, forkId)
      next += BigInt(known.length)
      const entries = event.entries.slice(known.length)
      if (entries.length > 0) first.push({ kind: 'entries', entries })
    }
  } catch (error) {
    await iterator.return?.()
    throw error
  }
  if (hasGap) first.unshift({ kind: 'operationBoundary', nextEntry: end.number, gap: true })
  return { forkId, events: joined(first, iterator) }
}

async function* joined(
  first: readonly OperationEvent[],
  iterator: AsyncIterator<OperationEvent>,
): AsyncGenerator<OperationEvent, void, void> {
  try {
    yield* first
    for (;;) {
      const { done, value } = await iterator.next()
      if (done === true) return
      yield value
    }
  } finally {
    await iterator.return?.()
  }
}

import type { OperationEvent } from '@datastreamer/format'
import type { StreamPoint } from '../segment/point.ts'
import type { Sha256 } from '../sha256.ts'
import { StreamDiffers } from './stream-differs.ts'
import { PointCheck } from './stream-view.ts'

/** The last segment of a history. */
export interface LastSegment {
  readonly start: StreamPoint
  readonly end: StreamPoint
}

/**
 * What a stream gives after a segment that it was read from the beginning of: so it is sure that the entries before are those
 * of the segment. @throws {StreamDiffers}
 */
export async function* eventsAfter(
  events: AsyncIterable<OperationEvent>,
  { start, end }: LastSegment,
  sha256: Sha256,
): AsyncGenerator<OperationEvent, void, void> {
  const check = new PointCheck(start, start.number < end.number ? [end] : [], sha256)
  let hasGap = false
  let next = start.number
  for await (const event of events) {
    if (event.kind === 'operationBoundary') {
      if (next > end.number) yield event
      else hasGap = event.gap
      continue
    }
    const { entries } = event
    const before = next
    next += BigInt(entries.length)
    if (!check.take(entries)) throw new StreamDiffers()
    if (next <= end.number) continue
    if (before <= end.number && hasGap) yield { kind: 'operationBoundary', nextEntry: end.number, gap: true }
    const known = Number(end.number > before ? end.number - before : 0n)
    yield known === 0 ? event : { kind: 'entries', entries: entries.slice(known) }
  }
  if (next < end.number) throw new StreamDiffers()
}

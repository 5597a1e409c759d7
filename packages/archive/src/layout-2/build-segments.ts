import type { OperationEvent } from '@datastreamer/format'
import { type BuiltSegment, SegmentBuilder, type SegmentBuilderOptions } from './segment-builder.ts'
import { SegmentCutter, type SegmentCutterOptions, type SegmentPart } from './segment-cutter.ts'

export interface BuildSegmentsOptions extends SegmentBuilderOptions, SegmentCutterOptions {
  /** Whether the entries after the last end are a segment, too (default: they are left out). */
  readonly rest?: boolean | undefined
}

/**
 * Make segments of a stream, and give each once it is known where it ends.
 *
 * @param events from the point `start` on, where a segment begins
 * @throws {RangeError} for entries that do not follow each other, and options out of their ranges
 * @see docs/spec/archive.md §7.5
 */
export async function* buildSegments(
  events: Iterable<OperationEvent> | AsyncIterable<OperationEvent>,
  options: BuildSegmentsOptions,
): AsyncGenerator<BuiltSegment, void, void> {
  const cutter = new SegmentCutter(options)
  let start = options.start.number
  let builder = new SegmentBuilder(options)
  for await (const event of events) {
    for (const part of cutter.push(event)) {
      if (part.kind === 'end') {
        const segment = await builder.finish()
        start = segment.index.end.number
        builder = new SegmentBuilder({ ...options, start: segment.index.end, forkId: segment.forkId })
        yield segment
      } else {
        const room = addPart(builder, part)
        if (room !== undefined) await room
      }
    }
  }
  if (options.rest !== true) return
  for (const part of cutter.end()) await addPart(builder, part)
  if (builder.next > start) yield builder.finish()
}

function addPart(builder: SegmentBuilder, part: SegmentPart): Promise<void> | undefined {
  if (part.kind === 'entry') return builder.add(part.entry)
  if (part.kind === 'boundary') builder.boundary()
  return undefined
}

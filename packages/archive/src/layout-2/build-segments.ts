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
  const segments = new SegmentsInOrder(options)
  for await (const event of events) {
    for (const part of cutter.push(event)) {
      const segment = await segments.take(part)
      if (segment !== undefined) yield segment
    }
  }
  if (options.rest !== true) return
  for (const part of cutter.end()) await segments.take(part)
  const last = await segments.end()
  if (last !== undefined) yield last
}

/** Builds one segment after the other. */
class SegmentsInOrder {
  readonly #options: SegmentBuilderOptions
  #builder: SegmentBuilder
  #isEmpty = true

  constructor(options: SegmentBuilderOptions) {
    this.#options = options
    this.#builder = new SegmentBuilder(options)
  }

  /** Take the next part; gives the segment that ended. */
  async take(part: SegmentPart): Promise<BuiltSegment | undefined> {
    switch (part.kind) {
      case 'entry':
        this.#isEmpty = false
        await this.#builder.add(part.entry)
        return undefined
      case 'boundary':
        this.#builder.boundary()
        return undefined
      case 'end': {
        const segment = await this.#builder.finish()
        this.#builder = new SegmentBuilder({ ...this.#options, start: segment.index.end, forkId: segment.forkId })
        this.#isEmpty = true
        return segment
      }
    }
  }

  /** The segment of what is left, if anything is. */
  async end(): Promise<BuiltSegment | undefined> {
    return this.#isEmpty ? undefined : this.#builder.finish()
  }
}

import type { OperationEvent, OperationSource } from '@datastreamer/format'
import { buildSegments } from '../layout-2/build-segments.ts'
import type { BuiltSegment } from '../layout-2/segment-builder.ts'
import { samePoint } from '../segment/point.ts'
import { lastBlockAmong } from './entry-numbers.ts'
import { isPast, type Lag, lastBlockOf, type Reach } from './lag.ts'
import { leafOf, type SegmentMaking } from './making.ts'
import type { OnPublishEvent } from './publish-event.ts'
import type { Publishing } from './publishing.ts'
import { resumeReading } from './resume-reading.ts'
import type { SealedLog } from './sealed-log.ts'
import type { Stop } from './stop.ts'

export interface ReadOnOptions {
  readonly source: OperationSource
  readonly making: SegmentMaking
  readonly lag: Lag
  readonly follow: boolean
  readonly rest: boolean
  readonly log: SealedLog
  readonly publishing: Publishing
  /** Ends the reading. */
  readonly stop: Stop
  readonly onEvent: OnPublishEvent
}

/** The log does not end any more where the segments began: begin again at its end. Never leaves the publisher. */
export class Rewind extends Error {
  override readonly name: string = 'Rewind'
}

/** Segments that are held until the stream is longer by the lag. */
const MAX_HELD = 2

/**
 * Read a stream from the end of the log on, make segments, and seal each segment when the stream is longer by the lag. Gives whether the
 * stream ended; else it is to be read on from where the log ends now.
 *
 * @throws {StreamDiffers} @throws {Rewind}
 */
export async function readOn(options: ReadOnOptions): Promise<boolean> {
  const { log, source, making, follow, rest, stop } = options
  const { end: start, chain } = log
  if (start === undefined) throw new Rewind()
  const last = chain.valid.at(-1)
  const from = last?.start.number ?? start.number
  const events = source.operations({ from, follow, signal: stop.signal })
  const resumed = await resumeReading(events, last ?? { start, end: start }, making)
  const held = new HeldSegments(options)
  const watched = held.watch(resumed.events)
  for await (const segment of buildSegments(watched, { ...making, start, forkId: resumed.forkId, rest })) {
    if (held.isSpent) break
    await held.add(segment)
  }
  await held.sealDue()
  return !held.isSpent
}

interface HeldSegment {
  readonly segment: BuiltSegment
  readonly reach: Reach
}

/** Segments that were made, and wait until the stream is longer by the lag. */
class HeldSegments {
  readonly #options: ReadOnOptions
  readonly #held: HeldSegment[] = []
  #head: Reach
  /** Last block of the last segment. */
  #block: bigint | undefined
  /** Whether no segments are made of what is read, because enough are held: it is read again once these are sealed. */
  #isSkipping = false

  constructor(options: ReadOnOptions) {
    this.#options = options
    this.#head = options.log.reach
    this.#block = this.#head.block
  }

  /** Whether something was read without making segments of it, because enough were held, and is to be read again now. */
  get isSpent(): boolean {
    return this.#isSkipping && this.#held.length === 0
  }

  /** Pass on what is read, as long as not too much is held, and seal what is due meanwhile. */
  async *watch(events: AsyncIterable<OperationEvent>): AsyncGenerator<OperationEvent, void, void> {
    for await (const event of events) {
      this.#see(event)
      if (!this.#isSkipping) yield event
      await this.sealDue()
      this.#isSkipping ||= this.#held.length >= MAX_HELD
      if (this.isSpent) return
    }
  }

  /** Hold a segment, and seal what is due. */
  async add(segment: BuiltSegment): Promise<void> {
    const { source, lag } = this.#options
    const { end, blocks } = segment.index
    this.#block = lastBlockOf(blocks, this.#block)
    this.#held.push({ segment, reach: { nextEntry: end.number, block: this.#block } })
    if ('entries' in lag) this.#moveHead({ nextEntry: (await source.getHeader()).totalEntries, block: undefined })
    await this.sealDue()
  }

  async sealDue(): Promise<void> {
    const { lag, rest } = this.#options
    for (;;) {
      const [next] = this.#held
      if (next === undefined || !(rest || isPast(next.reach, this.#head, lag))) return
      this.#held.shift()
      await this.#seal(next.segment)
    }
  }

  async #seal(segment: BuiltSegment): Promise<void> {
    const { log, publishing, stop, onEvent } = this.#options
    await publishing.settle()
    const { end, chain } = log
    if (end === undefined || chain.last === undefined || !samePoint(segment.header.start, end)) throw new Rewind()
    const leaf = leafOf(segment, chain.last.epoch)
    const index = log.size
    await log.seal(leaf, segment.chunks)
    onEvent({ kind: 'sealed', index, leaf })
    publishing.start((error) => stop.abort(error))
  }

  #see(event: OperationEvent): void {
    if (event.kind !== 'entries') return
    const { encoding } = this.#options.making
    const nextEntry = (event.entries.at(-1)?.number ?? -1n) + 1n
    this.#moveHead({ nextEntry, block: lastBlockAmong(event.entries, encoding) })
  }

  #moveHead({ nextEntry, block }: Reach): void {
    const { nextEntry: before, block: blockBefore } = this.#head
    this.#head = { nextEntry: nextEntry > before ? nextEntry : before, block: block ?? blockBefore }
  }
}

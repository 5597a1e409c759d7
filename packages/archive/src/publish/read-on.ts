import type { OperationEvent, OperationSource } from '@datastreamer/format'
import type { Generation } from '@datastreamer/sequencer-entries'
import type { SegmentLeaf } from '../leaf/leaf.ts'
import { samePoint } from '../segment/point.ts'
import type { Sha256 } from '../sha256.ts'
import { isPast, type Lag, lastBlockAmong, lastBlockOf, type Reach } from './lag.ts'
import type { OnPublishEvent } from './publish-event.ts'
import type { Publishing } from './publishing.ts'
import { eventsAfter } from './resume-events.ts'
import type { SealedLog } from './sealed-log.ts'
import type { BeginCutting, CutSegment } from './segment-cutting.ts'
import type { Stop } from './stop.ts'

export interface ReadOnOptions {
  readonly source: OperationSource
  readonly cutting: BeginCutting
  readonly lag: Lag
  readonly encoding: Generation | undefined
  readonly follow: boolean
  readonly rest: boolean
  readonly log: SealedLog
  readonly publishing: Publishing
  /** Ends the reading. */
  readonly stop: Stop
  readonly sha256: Sha256
  readonly onEvent: OnPublishEvent
}

/** The log does not end any more where cutting began: begin again there. Never leaves the publisher. */
export class Rewind extends Error {
  override readonly name: string = 'Rewind'
}

/** Segments that are held until the stream is longer by the lag. */
const MAX_HELD = 2

/**
 * Read a stream from the end of the log on, cut it, and seal each segment when the stream is longer by the lag. Gives whether the
 * stream ended; else it is to be read on from where the log ends now.
 */
export async function readOn(options: ReadOnOptions): Promise<boolean> {
  const reading = new Reading(options)
  const { log, source, follow, stop, sha256 } = options
  const { first, valid } = log.chain
  const start = first?.start
  if (start === undefined || log.end === undefined) return false
  const last = valid.at(-1) ?? { start, end: start }
  const events = source.operations({ from: last.start.number, follow, signal: stop.signal })
  for await (const event of eventsAfter(events, last, sha256)) if (await reading.take(event)) return false
  return reading.end()
}

interface HeldSegment {
  readonly cut: CutSegment
  readonly reach: Reach
}

class Reading {
  readonly #options: ReadOnOptions
  readonly #cutting: ReturnType<BeginCutting>
  readonly #held: HeldSegment[] = []
  #head: Reach
  #lastCutBlock: bigint | undefined
  /** Whether what is read is not cut any more, because enough is held: it is read again later. */
  #isSkipping = false

  constructor(options: ReadOnOptions) {
    const { log, cutting } = options
    const { end, chain } = log
    if (end === undefined) throw new Rewind()
    this.#options = options
    this.#cutting = cutting(end)
    const { blocks } = chain.valid.at(-1) ?? { blocks: undefined }
    this.#lastCutBlock = blocks && lastBlockOf(blocks, undefined)
    this.#head = { nextEntry: end.number, block: this.#lastCutBlock }
  }

  /** Take what comes next. Gives whether to begin again at the end of the log. */
  async take(event: OperationEvent): Promise<boolean> {
    this.#see(event)
    if (!this.#isSkipping) for (const cut of await this.#cutting.push(event)) await this.#hold(cut)
    await this.#sealDue()
    this.#isSkipping ||= this.#held.length >= MAX_HELD
    return this.#isSkipping && this.#held.length === 0
  }

  /** There is no more. Gives whether that is the end. */
  async end(): Promise<boolean> {
    const { rest } = this.#options
    if (!rest) return true
    if (!this.#isSkipping) {
      const last = await this.#cutting.rest()
      if (last !== undefined) await this.#hold(last)
    }
    await this.#sealDue()
    return !this.#isSkipping
  }

  #see(event: OperationEvent): void {
    if (event.kind !== 'entries') return
    const { encoding } = this.#options
    const read = (event.entries.at(-1)?.number ?? -1n) + 1n
    const block = (encoding && lastBlockAmong(event.entries, encoding)) ?? this.#head.block
    this.#head = { nextEntry: read > this.#head.nextEntry ? read : this.#head.nextEntry, block }
  }

  async #hold(cut: CutSegment): Promise<void> {
    const { source, lag } = this.#options
    this.#lastCutBlock = lastBlockOf(cut.leaf.blocks, this.#lastCutBlock)
    this.#held.push({ cut, reach: { nextEntry: cut.leaf.end.number, block: this.#lastCutBlock } })
    if (!('entries' in lag)) return
    const { totalEntries } = await source.getHeader()
    if (totalEntries > this.#head.nextEntry) this.#head = { ...this.#head, nextEntry: totalEntries }
  }

  async #sealDue(): Promise<void> {
    const { lag, rest } = this.#options
    for (;;) {
      const [next] = this.#held
      if (next === undefined || !(rest || isPast(next.reach, this.#head, lag))) return
      this.#held.shift()
      await this.#seal(next.cut)
    }
  }

  async #seal({ leaf: facts, file }: CutSegment): Promise<void> {
    const { log, publishing, stop, onEvent } = this.#options
    await publishing.settle()
    const { end, chain } = log
    if (end === undefined || chain.last === undefined || !samePoint(facts.start, end)) throw new Rewind()
    const leaf: SegmentLeaf = { kind: 'segment', epoch: chain.last.epoch, ...facts }
    const index = log.size
    await log.seal(leaf, file)
    onEvent({ kind: 'sealed', index, leaf })
    publishing.start((error) => stop.abort(error))
  }
}

import { ENTRY_HEAD_BYTES, type Entry, type OperationEvent } from '@datastreamer/format'
import { entryKind, type Generation, OperationBoundaries } from '@datastreamer/sequencer-entries'
import { EndRule, type SegmentEndOptions } from './end-rule.ts'
import { type BatchAndTime, batchAndTimeOf } from './entry-facts.ts'

export interface SegmentCutterOptions extends SegmentEndOptions {
  /** How entries are encoded; without it, segments end after operations. */
  readonly encoding: Generation | undefined
}

/** What a stream is split into, in order. */
export type SegmentPart =
  /** The next entry of the segment. */
  | { readonly kind: 'entry'; readonly entry: Entry }
  /** An operation ends after the entry before. */
  | { readonly kind: 'boundary' }
  /** The segment ends after the entry before. */
  | { readonly kind: 'end' }

/** A part, and what it adds to its segment. */
interface HeldPart {
  readonly part: SegmentPart
  readonly bytes: number
  readonly of: BatchAndTime
}

/** Most bytes of a block or batch that are held back to see where it belongs. */
const MAX_HELD_BYTES = 65_536
const NOWHERE: BatchAndTime = { batch: undefined, time: undefined }
const BOUNDARY: SegmentPart = { kind: 'boundary' }
const END: SegmentPart = { kind: 'end' }

/**
 * Decides where segments end: on a sequencer stream by its entries alone, so that all who read it come to the same ends;
 * on others by its operations.
 *
 * Invariant: the entries that it gives are those that were pushed, in order. At most 64 KiB and an entry are held back.
 *
 * @see docs/spec/archive.md §7.5
 */
export class SegmentCutter {
  readonly #rule: EndRule
  readonly #encoding: Generation | undefined
  /** Finds ends of blocks and batches. */
  readonly #ends: OperationBoundaries | undefined
  /** Whether it is unknown where operations end. */
  #guessing = false
  /** Whether a block or batch or, without encoding, an operation ended with the last entry. */
  #atStart = true
  /** A block or batch that is held back, as long as it is not known whether the segment ends before it. */
  #held: HeldPart[] | undefined
  #heldBytes = 0
  #heldOf: BatchAndTime = NOWHERE

  /** @throws {RangeError} for options out of their ranges */
  constructor(options: SegmentCutterOptions) {
    this.#rule = new EndRule(options)
    this.#encoding = options.encoding
    this.#ends = options.encoding && new OperationBoundaries(options.encoding)
  }

  /** Take what an operation source gave next. Data of entries that come later is a copy. */
  *push(event: OperationEvent): Generator<SegmentPart, void, void> {
    if (event.kind === 'entries') {
      for (const entry of event.entries) yield* this.#take(entry)
      // The source may use their memory again.
      this.#held = this.#held?.map(copied)
      return
    }
    this.#guessing = event.gap
    if (!event.gap) yield* this.#endOperation()
  }

  /** Give what is held back: the stream is read to its end. */
  *end(): Generator<SegmentPart, void, void> {
    yield* this.#release(false)
  }

  *#take(entry: Entry): Generator<SegmentPart, void, void> {
    const end = this.#ends?.push(entry)
    if (end === 'before') yield* this.#endBlock()
    const of = this.#encoding === undefined ? NOWHERE : batchAndTimeOf(entry, this.#encoding)
    const part: HeldPart = { part: { kind: 'entry', entry }, bytes: ENTRY_HEAD_BYTES + entry.data.length, of }
    if (this.#atStart && !this.#endsBatch(entry)) this.#held = []
    else if (this.#held === undefined && this.#rule.holds(4)) yield this.#endSegment()
    this.#atStart = false
    if (this.#held === undefined) yield this.#give(part)
    else yield* this.#hold(part)
    if (end === 'after') yield* this.#endBlock()
  }

  /** Whether an entry belongs to what is before it, although a block ended there. */
  #endsBatch({ type }: Entry): boolean {
    return this.#encoding !== undefined && entryKind(type, this.#encoding) === 'batchEnd'
  }

  /** Take an entry of a block or batch of which it is not known yet whether the segment ends before it. */
  *#hold(held: HeldPart): Generator<SegmentPart, void, void> {
    const { batch, time } = held.of
    this.#held?.push(held)
    this.#heldBytes += held.bytes
    this.#heldOf = { batch: this.#heldOf.batch ?? batch, time: this.#heldOf.time ?? time }
    const ends = this.#encoding === undefined ? this.#rule.holds(1) : this.#rule.endsBefore(this.#heldOf)
    if (ends !== undefined || this.#heldBytes > MAX_HELD_BYTES) yield* this.#release(ends === true)
  }

  /** Give what is held back. @param ends whether the segment ends before it */
  *#release(ends: boolean): Generator<SegmentPart, void, void> {
    const held = this.#held ?? []
    this.#held = undefined
    this.#heldBytes = 0
    this.#heldOf = NOWHERE
    if (ends) yield this.#endSegment()
    for (const each of held) yield this.#give(each)
  }

  #give({ part, bytes, of }: HeldPart): SegmentPart {
    this.#rule.add(bytes, of)
    return part
  }

  #endSegment(): SegmentPart {
    this.#rule.restart()
    return END
  }

  /** A block or batch ended. */
  *#endBlock(): Generator<SegmentPart, void, void> {
    yield* this.#release(false)
    if (this.#guessing) yield BOUNDARY
    this.#atStart = true
  }

  /** An operation ended. */
  *#endOperation(): Generator<SegmentPart, void, void> {
    if (this.#held === undefined) yield BOUNDARY
    else this.#held.push({ part: BOUNDARY, bytes: 0, of: NOWHERE })
    if (this.#encoding === undefined) this.#atStart = true
  }
}

function copied(held: HeldPart): HeldPart {
  if (held.part.kind !== 'entry') return held
  const { entry } = held.part
  return { ...held, part: { kind: 'entry', entry: { ...entry, data: entry.data.slice() } } }
}

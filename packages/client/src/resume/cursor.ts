import {
  type Entry,
  type Header,
  invariant,
  type OperationBoundary,
  type Progress,
  TruncatedError,
  u64Of,
} from '@datastreamer/format'
import type { Checkpoint, CheckpointParts } from '../checkpoint.ts'
import { ProtocolError, ServerRefusedError } from '../errors.ts'
import type { CursorFrom } from '../position.ts'
import type { Start } from '../stream/session.ts'
import { Bounds } from './bounds.ts'
import { countConsecutive } from './consecutive.ts'
import { type Accepted, FilteredStream } from './filtered-stream.ts'
import type { FollowOptions } from './follow-options.ts'
import { type Held, hold, numberOf, proofOf } from './held.ts'
import { noEntry } from './not-found.ts'
import { Reread } from './reread.ts'

export interface CursorOptions extends Pick<FollowOptions, 'to' | 'follow' | 'opening' | 'mayAskRange'> {
  readonly from: CursorFrom
}

/**
 * How far an iteration has come: which entry comes next, over any number of connections, and the proof that the stream
 * is still the one that was read. A new connection starts at the last entry delivered, or before it, and must bring the
 * same entries again; one that is filtered starts after it, and begins with the proof. A history is read like a connection.
 *
 * Invariants: every connection is met, then begun, then read from; nothing is delivered before what is held was read
 * again; what is delivered begins at `next`, which never goes back, and is consecutive unless the connection is filtered.
 */
export class Cursor {
  readonly bounds: Bounds
  readonly #from: CursorFrom
  readonly #follow: boolean
  readonly #openingOf: CursorOptions['opening']
  /** Number of the next entry to deliver, once it is known. */
  #next: bigint | undefined
  /** What was delivered right before `#next`. */
  #held: Held | undefined
  /** What stands in for an opening while the caller has none: the first entry that was read again. */
  #opening: Entry | undefined
  #reread: Reread | undefined
  #filtered: FilteredStream | undefined
  /** Headers of the server that were met. */
  #headers = 0
  /** Whether what comes was asked for, on this connection or of a history; `undefined` before any header was met. */
  #begun: boolean | undefined

  /** @throws {RangeError} if a number is none @throws {TypeError} if a checkpoint is none */
  constructor({ from, to, follow, opening, mayAskRange }: CursorOptions) {
    this.bounds = new Bounds(from, to, mayAskRange)
    this.#from = from
    this.#follow = follow
    this.#openingOf = opening
    if (typeof from === 'bigint' || typeof from === 'number') this.#next = u64Of(from, 'from')
    else if (typeof from === 'object' && 'after' in from) {
      this.#held = hold(from.after)
      this.#next = numberOf(this.#held) + 1n
    }
  }

  /** Number of the next entry to deliver; `undefined` while only the server knows it. */
  get next(): bigint | undefined {
    return this.#next
  }

  /** Whether the entry that was delivered last has yet to be read again on this connection. */
  get isRereading(): boolean {
    return this.#reread !== undefined || this.#filtered?.begun === false
  }

  /** Whether the last entry was delivered. */
  get done(): boolean {
    const { end } = this.bounds
    return end !== undefined && this.#next !== undefined && this.#next > end
  }

  /**
   * Take in a connection's header. Returns whether the stream can be begun: an entry to start at that is not there yet
   * is waited for.
   *
   * @throws {TruncatedError} if the stream is shorter than what was delivered
   * @throws {NotFoundError} if it has no such start, and it is not to be waited for
   */
  meet({ totalEntries }: Header): boolean {
    const first = this.#headers === 0
    this.meetHistory()
    if (first && this.#from === 'latest') this.#next = totalEntries
    if (this.#next !== undefined && this.#next > totalEntries) {
      if (!first || this.#held !== undefined) throw new TruncatedError('TRUNCATED', this.#lastDelivered, totalEntries)
      if (this.#follow) return false
      throw noEntry('FROM_NOT_FOUND', this.#next, totalEntries)
    }
    this.#headers++
    if (first && !this.#follow) this.bounds.endAtHead(totalEntries, this.done)
    return true
  }

  /** Entries of a history come next, which has what is held and the next entry, as far as its header says. */
  meetHistory(): void {
    this.#begun = false
  }

  /** What a server still has to have. */
  get proof(): CheckpointParts | undefined {
    return this.#held && proofOf(this.#held, this.#openingOf && (this.#openingOf() ?? this.#opening))
  }

  /** What to ask the server for. */
  begin(): Start {
    this.#beginWith(undefined)
    const { proof } = this
    if (proof === undefined) return this.bounds.startAt(this.#next)
    this.#reread = new Reread(proof)
    return { name: 'start', fromEntryNumber: proof.first }
  }

  /**
   * What to ask a server for that sends entries of some types only.
   *
   * @param digest in hex, of the entry after which it has to begin; `undefined` if nothing is held
   */
  beginFiltered(types: ReadonlySet<number>, digest: string | undefined): Start {
    this.#beginWith(new FilteredStream(types, digest))
    return this.bounds.startAt(this.#next)
  }

  #beginWith(filtered: FilteredStream | undefined): void {
    invariant(this.#begun !== undefined, 'a stream is begun before its header was met')
    this.#begun = true
    this.#reread = undefined
    this.#filtered = filtered
  }

  /** The error for what the server answered to {@link begin}: on a later connection it is history that changed. */
  refused(error: unknown, { totalEntries }: Header): unknown {
    if (!(error instanceof ServerRefusedError)) return error
    const isLater = this.#held !== undefined || this.#headers > 1
    if (error.code === 'BAD_FROM_ENTRY' && isLater) {
      return new TruncatedError('TRUNCATED', this.#lastDelivered, totalEntries)
    }
    return this.bounds.refused(error, this.#next, totalEntries)
  }

  /** After a failure: go without RangeBookmark if the server does not know it, or hangs in it. Says whether that helps. */
  abandonRange(error: unknown): boolean {
    return this.#next === undefined && this.bounds.abandonRange(error)
  }

  /** Whether bytes are due: the server has entries, by `header`, that were not delivered yet. */
  isOwed({ totalEntries }: Header): boolean {
    return this.isRereading || this.#next === undefined || this.#next < totalEntries
  }

  /**
   * Check a run of entries against what must come, and count those to deliver as delivered.
   *
   * @param header of this connection
   * @throws {TruncatedError} `REWRITTEN` if the entry that was read again is another one
   */
  accept(entries: readonly Entry[], header: Header): Accepted {
    invariant(this.#begun === true, 'entries come from a connection that was not begun')
    const [first] = entries
    if (first === undefined) return { fresh: entries, broken: undefined }
    if (this.#filtered !== undefined) {
      const { fresh, broken } = this.#filtered.check(entries, this.#next)
      return { fresh: this.#deliver(fresh), broken: this.done ? undefined : broken }
    }
    this.#locate(first)
    const expected = this.#reread?.next ?? this.#next ?? first.number
    const count = countConsecutive(entries, expected)
    const wrong = entries[count]
    const broken = wrong && gap(wrong.number, expected + BigInt(count))
    let fresh = wrong === undefined ? entries : entries.slice(0, count)
    if (this.#reread !== undefined && count > 0) {
      fresh = this.#reread.take(fresh, header.totalEntries)
      this.#opening ??= this.#reread.opening
      if (this.#reread.done) this.#reread = undefined
    }
    fresh = this.#deliver(fresh)
    return { fresh, broken: this.done ? undefined : broken }
  }

  /**
   * Check an operation boundary against the entries so far. `undefined`: it lies before what was delivered and says
   * nothing of what comes.
   *
   * @throws {ProtocolError} `GAP` if it stands at another place than it says
   */
  acceptBoundary(boundary: OperationBoundary): OperationBoundary | undefined {
    if (this.isRereading) return boundary.gap ? boundary : undefined
    if (this.#next === undefined || boundary.nextEntry === this.#next) return boundary
    throw gap(boundary.nextEntry, this.#next, 'an operation boundary before')
  }

  /**
   * Take in how far a filtered stream has come, everything before which counts as delivered.
   *
   * @returns the checkpoint of the entry before it; `undefined` if it says nothing new
   * @throws {ProtocolError} `GAP` @throws {TruncatedError} `REWRITTEN`
   * @throws {NotFoundError} if the bookmark to end at stands before the one to start at
   */
  acceptProgress(progress: Progress, { totalEntries }: Header): Checkpoint | undefined {
    invariant(this.#filtered !== undefined, 'a progress of a connection that is not filtered')
    const before = this.#next
    const held = this.#filtered.pass(progress, before, totalEntries)
    this.#next = progress.nextEntry
    if (before === undefined) this.bounds.checkStart(this.#next)
    if (before === undefined || before === this.#next) return undefined
    if (held !== undefined) this.#held = hold(held)
    return held
  }

  /** The first entry of a stream started at a bookmark says where that is. */
  #locate(first: Entry): void {
    if (this.#next !== undefined) return
    this.bounds.checkFirst(first)
    this.bounds.checkStart(first.number)
    this.#next = first.number
  }

  #deliver(entries: readonly Entry[]): readonly Entry[] {
    const fresh = this.bounds.upToEnd(entries)
    const [first] = fresh
    const last = fresh.at(-1)
    const isSparse = this.#filtered !== undefined
    if (first !== undefined && last !== undefined) {
      const missing = last.number - (this.#next ?? 0n) - BigInt(fresh.length - 1)
      invariant(!this.isRereading, `entry ${first.number} is delivered before what is held was read again`)
      invariant(missing === 0n || isSparse, `${fresh.length} entries end at ${last.number}, next is ${this.#next}`)
      invariant(missing >= 0n, `entry ${first.number} is delivered, next is ${this.#next}`)
      this.#held = hold(last)
      this.#next = last.number + 1n
    }
    const { end } = this.bounds
    if (isSparse && end !== undefined && fresh.length < entries.length) this.#next = end + 1n
    return fresh
  }

  get #lastDelivered(): bigint | undefined {
    return this.#held && numberOf(this.#held)
  }
}

function gap(found: bigint, expected: bigint, what = 'entry'): ProtocolError {
  return new ProtocolError('GAP', `${what} ${found} came, expected ${expected}`)
}

import { viewOf } from '@datastreamer/format'
import { MAX_RUN_BYTES } from '../segment/entry-run.ts'
import { BOUNDARY_BYTES } from './limits.ts'

/** The entries of a record that is complete. */
export interface RecordContent {
  readonly entries: number
  /** Bytes of the entries. */
  readonly bytes: number
  readonly boundaries: number
  /** What is compressed: the boundaries, then the entries. */
  readonly content: Uint8Array
}

/** Between two entries of the buffer. */
interface Mark {
  readonly bytes: number
  readonly entries: number
}

const START: Mark = { bytes: 0, entries: 0 }

/**
 * Entries that are not in a record yet, and where records end: before an operation that does not fit, before an L2 block
 * that does not fit if it began an operation, else before an entry that does not fit. docs/spec/archive.md §7.1.
 *
 * Invariant: what is held fits into a record.
 */
export class RecordBuffer {
  readonly #bytes = new Uint8Array(MAX_RUN_BYTES)
  #end: Mark = START
  /** Where the last operation, and where the last block or batch, began. */
  #operation: Mark = START
  #block: Mark = START
  #boundaries: number[] = []

  /** Entries that are held. */
  get entries(): number {
    return this.#end.entries
  }

  /** Add an entry, head and data; gives the records that are complete without it. */
  *add(entry: Uint8Array): Generator<RecordContent, void, void> {
    while (this.#end.bytes + entry.length > MAX_RUN_BYTES) yield this.#takeOne()
    this.#bytes.set(entry, this.#end.bytes)
    this.#end = { bytes: this.#end.bytes + entry.length, entries: this.#end.entries + 1 }
  }

  /** A block or batch begins with the next entry. */
  beginBlock(): void {
    this.#block = this.#end
  }

  /** An operation ended with the last entry. */
  endOperation(): void {
    this.#operation = this.#end
    this.#block = this.#end
    const { entries } = this.#end
    if (entries > 0 && this.#boundaries.at(-1) !== entries) this.#boundaries.push(entries)
  }

  /** The record of what is left; `undefined` if nothing is. */
  takeRest(): RecordContent | undefined {
    return this.#end.entries === 0 ? undefined : this.#take(this.#end)
  }

  #takeOne(): RecordContent {
    const mark = [this.#operation, this.#block].find(({ entries }) => entries > 0)
    return this.#take(mark ?? this.#end)
  }

  #take(mark: Mark): RecordContent {
    const within = this.#boundaries.filter((before) => before <= mark.entries)
    const content = new Uint8Array(BOUNDARY_BYTES * within.length + mark.bytes)
    const view = viewOf(content)
    for (const [i, before] of within.entries()) view.setUint32(BOUNDARY_BYTES * i, before, true)
    content.set(this.#bytes.subarray(0, mark.bytes), BOUNDARY_BYTES * within.length)
    this.#bytes.copyWithin(0, mark.bytes, this.#end.bytes)
    this.#boundaries = this.#boundaries.slice(within.length).map((before) => before - mark.entries)
    this.#operation = minus(this.#operation, mark)
    this.#block = minus(this.#block, mark)
    this.#end = minus(this.#end, mark)
    return { entries: mark.entries, bytes: mark.bytes, boundaries: within.length, content }
  }
}

/** A mark as it is counted from another one on; one before that becomes it. */
function minus(mark: Mark, from: Mark): Mark {
  return mark.entries < from.entries ? START : { bytes: mark.bytes - from.bytes, entries: mark.entries - from.entries }
}

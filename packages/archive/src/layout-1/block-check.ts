import { decodeEntry, viewOf } from '@datastreamer/format'
import { decodeSequencerEntry, entryKind, SequencerEntryError } from '@datastreamer/sequencer-entries'
import { SegmentError } from '../errors.ts'
import type { Segment1 } from './segment-1.ts'

/** Compares a segment's index with the blocks that there are. docs/spec/archive.md §4. */
export class BlockCheck {
  readonly #segment: Segment1
  #seen = 0

  constructor(segment: Segment1) {
    this.#segment = segment
  }

  /**
   * Take the next entry.
   *
   * @param position of its record
   * @throws {SegmentError} `BAD_INDEX`, `BAD_ENTRIES`
   */
  push(bytes: Uint8Array, position: number): void {
    const number = this.#blockIn(bytes, position)
    if (number === undefined) return
    const { first, targets } = this.#segment.index
    const expected = first + BigInt(this.#seen)
    if (number !== expected || targets[this.#seen] !== position) {
      const indexed = targets[this.#seen] ?? 'nowhere'
      const what = `block ${number}, where the index has block ${expected} at ${indexed},`
      throw new SegmentError('BAD_INDEX', what, position, 'verify')
    }
    this.#seen++
  }

  /** There are no more entries. @throws {SegmentError} `BAD_INDEX` */
  end(): void {
    const { targets, position } = this.#segment.index
    if (this.#seen === targets.length) return
    const what = `index of ${targets.length} blocks, found were ${this.#seen},`
    throw new SegmentError('BAD_INDEX', what, position, 'verify')
  }

  /** Number of the block that begins with an entry. */
  #blockIn(bytes: Uint8Array, position: number): bigint | undefined {
    const { encoding } = this.#segment.header
    if (encoding === undefined || entryKind(viewOf(bytes).getUint32(5), encoding) !== 'l2Block') return undefined
    const entry = decodeEntry(bytes)
    try {
      const decoded = entry && decodeSequencerEntry(entry, encoding)
      return decoded?.kind === 'l2Block' ? decoded.number : undefined
    } catch (error) {
      if (!(error instanceof SequencerEntryError)) throw error
      throw new SegmentError('BAD_ENTRIES', error.message, position, 'verify', { cause: error })
    }
  }
}

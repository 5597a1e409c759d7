import { BOOKMARK_TYPE, type Entry } from '@datastreamer/format'
import { entryKind, type Generation, generationByBookmark, OperationBoundaries } from '@datastreamer/sequencer-entries'

/** Where operations of a sequencer stream that does not say so may end. docs/spec/sequencer-entries.md §9. */
export class SequencerBoundaries {
  #generation: Generation
  #boundaries: OperationBoundaries
  /** Whether blocks of this stream were seen to have an end entry. */
  #blocksEnd = false
  /** Whether more of an operation has to follow the last entry. */
  #unfinished = false

  /** @param generation of its entries; a bookmark may show that it is another */
  constructor(generation: Generation) {
    this.#generation = generation
    this.#boundaries = new OperationBoundaries(generation)
  }

  /** Begin anew where an operation begins. */
  restart(): void {
    this.#boundaries = new OperationBoundaries(this.#generation)
    this.#unfinished = false
  }

  /** Take the next entry: an operation ends `before` or `after` it, or may not end there. */
  push(entry: Pick<Entry, 'type' | 'data'>): 'before' | 'after' | undefined {
    if (entry.type === BOOKMARK_TYPE) this.#learn(entry.data)
    const end = this.#boundaries.push(entry)
    const kind = entryKind(entry.type, this.#generation)
    if (kind === 'l2BlockEnd') this.#blocksEnd = true
    if (end === 'after') this.#unfinished = false
    else if (kind === 'l2Block') this.#unfinished = this.#blocksEnd
    else if (kind === 'bookmark') this.#unfinished = true
    else if (kind !== 'transaction' && kind !== 'unknown') this.#unfinished = false
    return end
  }

  /**
   * Whether to believe a header that ends after the last entry: not if a block has begun whose end is to come, as a relay
   * shows it that commits entry by entry.
   */
  get mayEnd(): boolean {
    return !this.#unfinished
  }

  #learn(bookmark: Uint8Array): void {
    const generation = generationByBookmark(bookmark, this.#generation)
    if (generation === this.#generation) return
    this.#generation = generation
    this.#boundaries = new OperationBoundaries(generation)
  }
}

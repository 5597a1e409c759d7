import { BookmarkType } from './gen/datastream/v1/datastream_pb.ts'
import type { Generation } from './generation.ts'
import type { Bookmark, SequencerEntry } from './model.ts'

/**
 * Checks that every bookmark stands right before what it marks and that every block, and in protobuf every batch start,
 * has one. A batch bookmark of `etrog` marks the batch's first block or GER update and may have the block's bookmark
 * after it.
 *
 * @see docs/spec/sequencer-entries.md §10
 */
export class BookmarkChecker {
  readonly #report: (expected: string, found: string) => void
  /** Numbers of the batch and the block that bookmarks announced and that did not come yet. */
  #batch: bigint | undefined
  #block: bigint | undefined
  /** What the first entry is marked by may not have been seen. */
  #first = true

  constructor(report: (expected: string, found: string) => void) {
    this.#report = report
  }

  push(entry: SequencerEntry, generation: Generation): void {
    const first = this.#first
    this.#first = false
    switch (entry.kind) {
      case 'unknown':
        return
      case 'bookmark':
        this.#bookmark(entry, generation)
        return
      case 'batchStart': {
        const found = `start of batch ${entry.number}`
        if (this.#batch === entry.number) this.#batch = undefined
        else if (this.#batch === undefined && !first) this.#report(`bookmark of batch ${entry.number}`, found)
        this.end(found)
        return
      }
      case 'l2Block': {
        const found = `block ${entry.number} of batch ${entry.batchNumber}`
        const unmarked = first || generation === 'sequencer-2023-09'
        if (this.#block === entry.number) this.#block = undefined
        else if (this.#block === undefined && !unmarked) this.#report(`bookmark of block ${entry.number}`, found)
        this.#inBatch(entry.batchNumber, generation)
        this.end(found)
        return
      }
      case 'updateGer':
        this.#inBatch(entry.batchNumber, generation)
        this.end(`GER update of batch ${entry.batchNumber}`)
        return
      default:
        this.end(`a ${entry.kind}`)
    }
  }

  /** What is announced and did not come does not come any more. */
  end(found = 'the end of the entries'): void {
    if (this.#batch !== undefined) this.#report(`batch ${this.#batch} after its bookmark`, found)
    if (this.#block !== undefined) this.#report(`block ${this.#block} after its bookmark`, found)
    this.#batch = undefined
    this.#block = undefined
  }

  #bookmark({ type, value }: Bookmark, generation: Generation): void {
    if (type === BookmarkType.BATCH) {
      this.end(`bookmark of batch ${value}`)
      this.#batch = value
    } else if (type === BookmarkType.L2_BLOCK) {
      const batch = generation === 'protobuf' ? undefined : this.#batch
      if (batch !== undefined) this.#batch = undefined
      this.end(`bookmark of block ${value}`)
      this.#batch = batch
      this.#block = value
    }
  }

  /** Before protobuf a batch bookmark marks what comes first in the batch. */
  #inBatch(number: bigint, generation: Generation): void {
    if (generation !== 'protobuf' && this.#batch === number) this.#batch = undefined
  }
}

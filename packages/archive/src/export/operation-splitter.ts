import { type Entry, encodeEntry } from '@datastreamer/format'
import {
  BookmarkType,
  decodeSequencerEntry,
  entryKind,
  type Generation,
  OperationBoundaries,
} from '@datastreamer/sequencer-entries'
import { MAX_RUN_BYTES } from '../segment/entry-run.ts'

/** Entries that stay together in a segment: an operation, or as much of a very large one as fits into a record. */
export interface OperationRun {
  /** As they lie in a stream file. */
  readonly entries: readonly Uint8Array[]
  readonly bytes: number
  /** Whether an operation begins with it. */
  readonly startsOperation: boolean
  /** Batch that it belongs to, if it says. */
  readonly batch: bigint | undefined
  /** L2 block that begins in it. */
  readonly block: bigint | undefined
}

/** Splits a stream at its operation boundaries: around L2 blocks and batches, or after every entry. */
export class OperationSplitter {
  readonly #generation: Generation | undefined
  readonly #boundaries: OperationBoundaries | undefined
  #entries: Uint8Array[] = []
  #bytes = 0
  #startsOperation = true
  #batch: bigint | undefined
  #block: bigint | undefined

  /** @param generation how entries are encoded; without it, nothing is known of blocks */
  constructor(generation: Generation | undefined) {
    this.#generation = generation
    this.#boundaries = generation && new OperationBoundaries(generation)
  }

  /** Take the next entry; gives the runs that are complete. @throws {SequencerEntryError} */
  *push(entry: Entry): Generator<OperationRun, void, void> {
    const boundary = this.#boundaries === undefined ? 'after' : this.#boundaries.push(entry)
    const bytes = encodeEntry(entry)
    if (boundary === 'before') yield* this.#take(true)
    else if (this.#bytes + bytes.length > MAX_RUN_BYTES) yield* this.#take(false)
    this.#entries.push(bytes)
    this.#bytes += bytes.length
    this.#readNumbers(entry)
    if (boundary === 'after') yield* this.#take(true)
  }

  /** The run that is left when there are no more entries. */
  end(): Generator<OperationRun, void, void> {
    return this.#take(true)
  }

  *#take(atBoundary: boolean): Generator<OperationRun, void, void> {
    if (this.#entries.length > 0) {
      yield {
        entries: this.#entries,
        bytes: this.#bytes,
        startsOperation: this.#startsOperation,
        batch: this.#batch,
        block: this.#block,
      }
    }
    this.#entries = []
    this.#bytes = 0
    this.#startsOperation = atBoundary
    this.#batch = undefined
    this.#block = undefined
  }

  /** Note which block and batch an entry is of. */
  #readNumbers(entry: Entry): void {
    if (this.#generation === undefined) return
    const kind = entryKind(entry.type, this.#generation)
    if (kind === 'transaction' || kind === 'l2BlockEnd' || kind === 'unknown') return
    const decoded = decodeSequencerEntry(entry, this.#generation)
    switch (decoded.kind) {
      case 'bookmark':
        if (decoded.type === BookmarkType.BATCH) this.#batch ??= decoded.value
        break
      case 'batchStart':
      case 'batchEnd':
        this.#batch ??= decoded.number
        break
      case 'updateGer':
        this.#batch ??= decoded.batchNumber
        break
      case 'l2Block':
        this.#batch ??= decoded.batchNumber
        this.#block = decoded.number
        break
      default:
        break
    }
  }
}

import { type Entry, encodeEntry } from '@datastreamer/format'
import {
  BookmarkType,
  decodeSequencerEntry,
  entryKind,
  type Generation,
  OperationBoundaries,
} from '@datastreamer/sequencer-entries'
import { MAX_RUN_BYTES } from './layout.ts'

/** Entries that stay together in an archive: an operation, or a part of one that is very large. */
export interface Piece {
  /** As they lie in a stream file. */
  readonly entries: readonly Uint8Array[]
  readonly bytes: number
  /** Whether an operation begins with it. */
  readonly opensOperation: boolean
  /** Batch that it belongs to, if it tells. */
  readonly batch: bigint | undefined
  /** L2 block that begins in it. */
  readonly block: bigint | undefined
}

/** Cuts a stream where its operations may end: around L2 blocks and batches, or behind every entry. */
export class PieceCutter {
  readonly #generation: Generation | undefined
  readonly #boundaries: OperationBoundaries | undefined
  #entries: Uint8Array[] = []
  #bytes = 0
  #opensOperation = true
  #batch: bigint | undefined
  #block: bigint | undefined

  /** @param generation how entries are encoded; without it, nothing is known of blocks */
  constructor(generation: Generation | undefined) {
    this.#generation = generation
    this.#boundaries = generation && new OperationBoundaries(generation)
  }

  /** Take the next entry; gives the pieces that are complete. @throws {SequencerEntryError} */
  *push(entry: Entry): Generator<Piece, void, void> {
    const boundary = this.#boundaries === undefined ? 'after' : this.#boundaries.push(entry)
    const bytes = encodeEntry(entry)
    if (boundary === 'before') yield* this.#take(true)
    else if (this.#bytes + bytes.length > MAX_RUN_BYTES) yield* this.#take(false)
    this.#entries.push(bytes)
    this.#bytes += bytes.length
    this.#look(entry)
    if (boundary === 'after') yield* this.#take(true)
  }

  /** The piece that is left when there are no more entries. */
  end(): Generator<Piece, void, void> {
    return this.#take(true)
  }

  *#take(atBoundary: boolean): Generator<Piece, void, void> {
    if (this.#entries.length > 0) {
      yield {
        entries: this.#entries,
        bytes: this.#bytes,
        opensOperation: this.#opensOperation,
        batch: this.#batch,
        block: this.#block,
      }
    }
    this.#entries = []
    this.#bytes = 0
    this.#opensOperation = atBoundary
    this.#batch = undefined
    this.#block = undefined
  }

  /** See which block and batch an entry is of. */
  #look(entry: Entry): void {
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

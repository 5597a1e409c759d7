import { BOOKMARK_TYPE, type Entry } from '@datastreamer/format'
import { type Generation, SequencerEntryError } from '@datastreamer/sequencer-entries'
import type { Sha256 } from '../sha256.ts'
import { type BookmarkKey, bookmarkKey } from './bookmark-key.ts'
import { type BookmarkRow, BookmarkRows } from './bookmark-rows.ts'
import { blockOfBookmark, type EntryFact, readFact } from './entry-facts.ts'
import { NO_BLOCKS, type SegmentBlocks } from './stream-index.ts'

type BlockFact = Extract<EntryFact, { readonly kind: 'block' }>

/** What a record's entries say beside themselves. */
export interface RecordFacts {
  /** L2 blocks that begin in it. */
  readonly blocks: number
  /** Of the batch that is open before its first entry; 0 if none is, or it is not known. */
  readonly forkId: bigint
}

/** What is known of an entry that is not in a record yet. */
type Pending = { readonly entry: number } & (
  | EntryFact
  | { readonly kind: 'bookmark'; readonly key: BookmarkKey; readonly block: bigint | undefined }
)

/** Counts blocks, fork ids and bookmarks of a segment, entry by entry and record by record. docs/spec/archive.md §7. */
export class SegmentTally {
  readonly #encoding: Generation | undefined
  readonly #sha256: Sha256
  readonly #rows = new BookmarkRows()
  /** Of bookmarks that StreamIndex makes needless. */
  readonly #indexed = new BookmarkRows()
  #pending: Pending[] = []
  #entries = 0
  #records = 0
  #forkId: bigint
  #blocks: SegmentBlocks = NO_BLOCKS
  #fault: string | undefined

  /** @param forkId of the batch that is open before the first entry */
  constructor(encoding: Generation | undefined, forkId: bigint, sha256: Sha256) {
    this.#encoding = encoding
    this.#forkId = forkId
    this.#sha256 = sha256
  }

  /** Why the entries are not what the encoding says, if they are not: they cannot be read, or blocks are not consecutive. */
  get fault(): string | undefined {
    return this.#fault
  }

  /** Fork id of the batch that is open after the last record; 0 if none is, or it is not known. */
  get forkId(): bigint {
    return this.#forkId
  }

  /** The blocks that begin in the records so far. */
  get blocks(): SegmentBlocks {
    return this.#blocks
  }

  /** Take the next entry. */
  push(entry: Entry): void {
    if (entry.type === BOOKMARK_TYPE) {
      const block = blockOfBookmark(entry.data, this.#encoding)
      this.#pending.push({ entry: this.#entries, kind: 'bookmark', key: bookmarkKey(entry.data, this.#sha256), block })
    } else {
      const fact = this.#read(entry)
      if (fact !== undefined) this.#pending.push({ entry: this.#entries, ...fact })
    }
    this.#entries++
  }

  /** So many of the entries that are in no record yet make one. */
  endRecord(entries: number): RecordFacts {
    const within = this.#pending.filter(({ entry }) => entry < entries)
    this.#pending = this.#pending.slice(within.length).map((fact) => ({ ...fact, entry: fact.entry - entries }))
    this.#entries -= entries
    const forkId = this.#forkId
    const before = this.#blocks
    for (const fact of within) {
      if (fact.kind === 'block') this.#addBlock(fact)
      else if (fact.kind === 'fork') this.#forkId = fact.forkId
    }
    const blocks = this.#blocks.count - before.count
    const first = this.#blocks.first + BigInt(before.count)
    for (const fact of within) {
      if (fact.kind !== 'bookmark') continue
      const { block, key } = fact
      const isIndexed = block !== undefined && block >= first && block < first + BigInt(blocks)
      const rows = isIndexed ? this.#indexed : this.#rows
      rows.push({ ...key, record: this.#records })
    }
    this.#records++
    return { blocks, forkId }
  }

  /** The rows of the table of bookmarks, sorted, each once. @param all also those that StreamIndex makes needless */
  rows(all: boolean): BookmarkRow[] {
    if (all) this.#rows.append(this.#indexed)
    return this.#rows.sorted()
  }

  #read(entry: Entry): EntryFact | undefined {
    if (this.#encoding === undefined) return undefined
    try {
      return readFact(entry, this.#encoding)
    } catch (error) {
      if (!(error instanceof SequencerEntryError)) throw error
      this.#fault ??= error.message
      return undefined
    }
  }

  #addBlock({ number, batch, time }: BlockFact): void {
    const { first, count } = this.#blocks
    if (count === 0) {
      const [ofBatch, ofTime] = [
        { firstBatch: batch, lastBatch: batch },
        { firstTime: time, lastTime: time },
      ]
      this.#blocks = { first: number, count: 1, ...ofBatch, ...ofTime }
    } else if (number === first + BigInt(count)) {
      this.#blocks = { ...this.#blocks, count: count + 1, lastBatch: batch, lastTime: time }
    } else {
      this.#fault ??= `block ${number} where block ${first + BigInt(count)} was to follow`
    }
  }
}

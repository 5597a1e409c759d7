import { encodeOperationBoundary } from '@datastreamer/format'
import {
  type BoundarySequence,
  boundaryAt,
  LogCursor,
  type LogPosition,
  type LogRun,
  type ReadableLog,
} from '@datastreamer/store/log'
import type { ChunkBuffer, ChunkMemory } from './chunk-memory.ts'
import type { CompressedRun } from './compressed-run.ts'
import { type CompressedRuns, LEAST_BYTES } from './compressed-runs.ts'
import type { FilterResults } from './filter-results.ts'
import { FilteredReads } from './filtered-reads.ts'
import { firstChunk } from './first-chunk.ts'
import type { SharedCopy } from './shared-copy.ts'
import type { SharedRun, SharedRuns } from './shared-runs.ts'

/** What a stream writes at once. */
export interface Chunk {
  /** Entries, and operation boundaries before and after them, or a compressed packet. Read-only: other streams may write them too. */
  readonly packets: readonly Uint8Array[]
  /** Byte offset of the first entry in the file. */
  readonly position: number
  /** The position after the entries. */
  readonly next: LogPosition
  /** To be released when the chunk was written, or will not be. */
  readonly buffer?: ChunkBuffer | undefined
  /** The run that the entries are of, if others may send it too; to be released likewise. */
  readonly shared?: SharedRun | undefined
  /** Whether the next one is to be read from disk while it is written. */
  readonly readsAhead: boolean
}

/** Memory that the readers of a server share. */
export interface FeedMemory {
  readonly chunks: ChunkMemory
  readonly newest: SharedCopy
  readonly runs: SharedRuns
  readonly results: FilterResults
}

export interface EntryFeedOptions {
  readonly log: ReadableLog
  /** At the next chunk. */
  readonly cursor: LogCursor
  /** Number of the entry to stop before; infinite if there is no end. */
  readonly end: number
  readonly boundaries: BoundarySequence | undefined
  /** Where compressed runs are, if the client wants them. */
  readonly compressed: CompressedRuns | undefined
  /** Whether who writes a chunk looks at each of its entries (default false). */
  readonly isFiltered?: boolean | undefined
  readonly memory: FeedMemory
}

/**
 * Divides the log into chunks that can be written at once. A chunk is small, or one entry if that is larger, unless the
 * reader's credit is good for a large one. Whoever writes a chunk moves the cursor over it.
 */
export class EntryFeed {
  readonly #log: ReadableLog
  readonly #cursor: LogCursor
  readonly #end: number
  readonly #boundaries: BoundarySequence | undefined
  readonly #compressed: CompressedRuns | undefined
  readonly #memory: FeedMemory
  readonly #filtered: FilteredReads | undefined
  /** Number of the entry up to which the run at the cursor is known not to be worth compressing. */
  #plainUntil = 0

  constructor({ log, cursor, end, boundaries, compressed, isFiltered = false, memory }: EntryFeedOptions) {
    this.#log = log
    this.#cursor = cursor
    this.#end = end
    this.#boundaries = boundaries
    this.#compressed = compressed
    this.#memory = memory
    this.#filtered = isFiltered ? new FilteredReads(memory.chunks.smallBytes) : undefined
  }

  /** Whether the entries at the cursor are in memory, as the newest are. */
  get isInMemory(): boolean {
    return this.#cursor.truncatedTo === undefined && this.#cursor.now() !== undefined
  }

  /** The chunk at the cursor, if it can be had without waiting. */
  now(credit: number): Chunk | undefined {
    const run = this.#boundaries === undefined ? this.#cursor.now() : undefined
    if (run === undefined || (this.#wantsCompressed && run.bytes.length >= LEAST_BYTES)) return undefined
    return this.#ofMemory(run, credit)
  }

  /** The chunk at the cursor, if it can be had without waiting, is small and ends at the head. */
  toHead(): Chunk | undefined {
    const run = this.#cursor.now()
    const isLast = run?.next.number === Number(this.#log.header.totalEntries)
    return isLast && run.bytes.length <= this.#memory.chunks.smallBytes ? this.now(0) : undefined
  }

  /**
   * The chunk at the cursor, or `undefined` if a truncation left nothing after it.
   *
   * @throws {DamageError} if no whole entry of that number is there
   * @throws {TruncatedError}
   */
  async fetch(credit: number): Promise<Chunk | undefined> {
    const compressed = this.#wantsCompressed ? await this.#ofCompressed(credit) : undefined
    if (compressed !== undefined) return compressed
    const { number } = this.#cursor
    const run = this.#cursor.now()
    const chunk = run === undefined ? await this.#ofDisk(credit) : this.#ofMemory(run, credit)
    if (chunk === undefined || this.#boundaries === undefined) return chunk
    try {
      return await this.#withBoundaries(chunk, number, this.#boundaries)
    } catch (error) {
      this.release(chunk)
      throw error
    }
  }

  /** Read entry `number` again, which could not be read, if a truncation has not removed it. @throws {DamageError} */
  async readAgain(number: number): Promise<void> {
    const cursor = new LogCursor(this.#log, number)
    if (cursor.truncatedTo === undefined) await cursor.read()
  }

  /** Release the memory of a chunk that was written. */
  release({ buffer, shared }: Chunk): void {
    shared?.release()
    if (buffer !== undefined) this.#memory.chunks.release(buffer)
  }

  /** Release a chunk that will not be written. */
  drop(chunk: Chunk): void {
    this.#boundaries?.forget()
    this.release(chunk)
  }

  get #wantsCompressed(): boolean {
    return this.#compressed !== undefined && this.#cursor.number >= this.#plainUntil
  }

  /** Number of the entry to stop before, if entries are sent as they are: the next compressed run is to be one that others want too. */
  get #plainEnd(): number {
    return this.#plainUntil > this.#cursor.number ? Math.min(this.#end, this.#plainUntil) : this.#end
  }

  /** The compressed run at the cursor, if there is one that this reader may have. */
  async #ofCompressed(credit: number): Promise<Chunk | undefined> {
    // Throws if a truncation removed entries before the cursor.
    this.#cursor.now()
    const { position: from, number } = this.#cursor
    if (from === undefined || number >= Number(this.#log.header.totalEntries)) return undefined
    const { epoch } = this.#log
    const run = await this.#compressed?.of({ from, end: this.#end, boundaries: this.#boundaries?.known })
    if (run === undefined) return undefined
    if (run.packet === undefined) {
      this.#plainUntil = run.next.number
      return undefined
    }
    const before = await this.#before(run, number)
    if (this.#log.epoch !== epoch) {
      this.#boundaries?.forget()
      return undefined
    }
    this.#compressed?.onSent(run)
    const buffer = this.#memory.chunks.takeLargeRight(credit)
    const { position, next } = run
    return { packets: [...before, run.packet], position, next, buffer, readsAhead: buffer !== undefined }
  }

  async #before({ boundary }: CompressedRun, number: number): Promise<readonly Uint8Array[]> {
    const before = await this.#boundaries?.before(number, boundary !== undefined)
    return before?.map(encodeOperationBoundary) ?? []
  }

  /** A reader that may keep the log's pages long gets a copy of them. */
  #ofMemory(run: LogRun, credit: number): Chunk {
    const { chunks, newest } = this.#memory
    const mayBeLarge = run.bytes.length > chunks.smallBytes && this.#filtered === undefined
    const buffer = mayBeLarge ? chunks.takeLargeRight(credit) : undefined
    const maxBytes = buffer === undefined ? chunks.smallBytes : Number.POSITIVE_INFINITY
    const chunk = firstChunk(run, { maxBytes, end: this.#plainEnd })
    const mine = buffer === undefined ? newest.of(chunk) : chunk.bytes
    return { packets: [mine], position: chunk.position, next: chunk.next, buffer, readsAhead: false }
  }

  /** What others read too, if this reader may have a large chunk; else into memory of its own. */
  async #ofDisk(credit: number): Promise<Chunk | undefined> {
    return (await this.#ofShared(credit)) ?? this.#ofOwn(credit)
  }

  async #ofShared(credit: number): Promise<Chunk | undefined> {
    const { chunks, runs } = this.#memory
    const { position: from } = this.#cursor
    // Who looks at each entry writes over what it read.
    if (from === undefined || this.#filtered !== undefined) return undefined
    const buffer = chunks.takeLargeRight(credit)
    if (buffer === undefined) return undefined
    let shared: SharedRun | undefined
    try {
      shared = await runs.at(from)
    } finally {
      if (shared === undefined) chunks.release(buffer)
    }
    if (shared === undefined) return undefined
    const { bytes, position, next } = firstChunk(shared.run, {
      maxBytes: Number.POSITIVE_INFINITY,
      end: this.#plainEnd,
    })
    return { packets: [bytes], position, next, buffer, shared, readsAhead: true }
  }

  async #ofOwn(credit: number): Promise<Chunk | undefined> {
    const { chunks } = this.#memory
    const large = this.#filtered === undefined ? undefined : chunks.takeLarge(credit)
    const buffer = large ?? chunks.takeSmall()
    let chunk: Chunk | undefined
    try {
      const run = await this.#cursor.read({ into: buffer.bytes, maxBytes: this.#filtered?.maxBytes })
      if (run !== undefined) {
        this.#filtered?.onRead(run)
        const { bytes, position, next } = firstChunk(run, { maxBytes: Number.POSITIVE_INFINITY, end: this.#plainEnd })
        chunk = { packets: [bytes], position, next, buffer, readsAhead: buffer.isLarge }
      }
      return chunk
    } finally {
      if (chunk === undefined) chunks.release(buffer)
    }
  }

  /** End a chunk at the last operation boundary that it holds, and put boundaries in. */
  async #withBoundaries(chunk: Chunk, number: number, boundaries: BoundarySequence): Promise<Chunk> {
    const [entries] = chunk.packets
    if (entries === undefined) return chunk
    const isCommitPoint = chunk.next.number === Number(this.#log.header.totalEntries)
    const around = await boundaries.around(number, chunk.next.number, isCommitPoint)
    const before = around.before.map(encodeOperationBoundary)
    if (around.end === undefined) return { ...chunk, packets: [...before, entries] }
    const run = { bytes: entries, position: chunk.position, number, next: chunk.next }
    const { bytes, next } = firstChunk(run, { maxBytes: Number.POSITIVE_INFINITY, end: around.end })
    // After its last entry a range is over.
    const after = around.end === this.#end ? [] : [encodeOperationBoundary(boundaryAt(around.end, false))]
    return { ...chunk, packets: [...before, bytes, ...after], next }
  }
}

import { BOOKMARK_TYPE, MAX_BOOKMARK_BYTES } from '@datastreamer/format'
import type { CommitResult } from '@datastreamer/format/source'
import type { BookmarkIndex } from '../bookmarks/bookmark-index.ts'
import type { CommittedBoundaries } from '../commit-log/committed-boundaries.ts'
import { type DiskError, RefusedError } from '../disk/errors.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import type { StreamLog } from '../log/stream-log.ts'
import { StreamReader } from '../lookup/stream-reader.ts'
import type { ScrubStatus } from '../scrub/scrubber.ts'
import type { CommitPipeline } from '../write/commit-pipeline.ts'
import type { FileWatch } from '../write/file-watch.ts'
import type { LogWriter } from '../write/log-writer.ts'
import type { StateOfStore, StoreState } from '../write/store-state.ts'
import { type AtomicOperation, atomic } from './atomic.ts'
import type { Background } from './background.ts'
import type { StoreChanges } from './store-changes.ts'

/** What a store is built from; see `openStore`. */
export interface StoreParts {
  readonly log: StreamLog
  readonly index: BookmarkIndex
  /** The operation boundaries, for relays. */
  readonly operationBoundaries: CommittedBoundaries
  readonly pipeline: CommitPipeline
  readonly background: Background
  readonly state: StateOfStore
  readonly fileWatch: Pick<FileWatch, 'problem'>
  readonly writer: Pick<LogWriter, 'syncs'>
  readonly changes: StoreChanges
  /** Make everything durable and release the files; `discard`: remove what opening the store has made. */
  readonly close: (discard: boolean) => Promise<void>
}

/**
 * A stream file open for writing: atomic operations of entries, committed one after the other.
 *
 * Adding is synchronous and only fills memory; a commit resolves once it is as durable as the store was opened to make
 * it, and only then do readers see it. The next operation may be started, filled and committed while earlier commits
 * wait for the disk: those that wait together share one write and one sync. docs/spec/stream-file.md §6.
 */
export class StreamStore extends StreamReader {
  /** The operation boundaries, for relays. */
  readonly operationBoundaries: CommittedBoundaries
  readonly #parts: StoreParts
  readonly #pipeline: CommitPipeline
  readonly #changes: StoreChanges
  #closed = false
  #discarding = false

  /** @internal */
  constructor(parts: StoreParts) {
    const { log, index, operationBoundaries } = parts
    super({ log, index, boundaries: async () => operationBoundaries, release: () => this.#close() })
    this.#parts = parts
    this.#pipeline = parts.pipeline
    this.#changes = parts.changes
    this.operationBoundaries = operationBoundaries
  }

  /** Progress of scrubbing, if it is on. */
  get scrubbing(): ScrubStatus | undefined {
    return this.#parts.background.scrubbing
  }

  /** Whether it can write; if not, it reopens its files by itself once the disk works again. */
  get state(): StoreState {
    return this.#parts.state.now
  }

  /** Counters since the store was opened. */
  get stats(): { readonly commits: number; readonly groups: number; readonly syncs: number } {
    return { ...this.#pipeline.stats, syncs: this.#parts.writer.syncs }
  }

  /** Why nothing can be written: `STORE_BROKEN`. What the file holds is known only once it is reopened. */
  get broken(): DiskError | undefined {
    return this.#parts.state.refusal
  }

  /** Number of the next entry that is added; entries that are queued or not committed count. */
  get nextEntry(): bigint {
    return BigInt(this.#pipeline.nextEntry)
  }

  /** Begin an operation. @throws {RefusedError} `ATOMIC_OP_IN_PROGRESS`, `CLOSED` @throws {DiskError} `STORE_BROKEN`, `FILE_REPLACED`, `FOREIGN_WRITER` */
  startAtomicOp(): void {
    this.#checkOpen()
    if (this.#pipeline.isOpen) throw new RefusedError('ATOMIC_OP_IN_PROGRESS', 'an atomic operation is open')
    this.#checkState()
    if (this.#parts.fileWatch.problem !== undefined) throw this.#parts.fileWatch.problem
    if (this.#changes.isTruncating) throw new RefusedError('TRUNCATE_IN_PROGRESS', 'the file is being truncated')
    this.#pipeline.begin()
  }

  /**
   * Add an entry to the open operation; returns its number.
   *
   * @throws {RefusedError} `NO_ATOMIC_OP`, `ENTRY_TOO_LARGE`, `BAD_ENTRY_TYPE`, `TOO_MUCH_PENDING`, `ATOMIC_OP_FAILED`;
   * the operation stays as it was
   * @throws {DiskError} `WRITE_FAILED` if some of the operation could not be written ahead: roll it back
   */
  addStreamEntry(type: number, data: Uint8Array): bigint {
    this.#pipeline.checkOperation()
    if (!Number.isInteger(type) || type < 0 || type > 0xffff_ffff) {
      throw new RefusedError('BAD_ENTRY_TYPE', `entry type ${type}, expected a u32`)
    }
    return BigInt(this.#pipeline.add(type, data))
  }

  /**
   * Add a bookmark to the open operation; returns the number of its entry.
   *
   * @throws {RefusedError} `BAD_BOOKMARK` if it is not 1 to 16 bytes long; otherwise as `addStreamEntry`
   */
  addStreamBookmark(bookmark: Uint8Array): bigint {
    this.#pipeline.checkOperation()
    if (bookmark.length < 1 || bookmark.length > MAX_BOOKMARK_BYTES) {
      const message = `a bookmark of ${bookmark.length} bytes, expected 1 to ${MAX_BOOKMARK_BYTES}`
      throw new RefusedError('BAD_BOOKMARK', message)
    }
    return BigInt(this.#pipeline.add(BOOKMARK_TYPE, bookmark))
  }

  /**
   * Commit the open operation. Resolves when readers may see it.
   *
   * @throws {RefusedError} `NO_ATOMIC_OP`, `ATOMIC_OP_FAILED`
   * @throws {DiskError} the operation is lost; on `OUTCOME_UNKNOWN` it may be there when the file is reopened
   */
  commitAtomicOp(): Promise<CommitResult> {
    return this.#pipeline.commit()
  }

  /** Roll the open operation back. @throws {RefusedError} `NO_ATOMIC_OP` */
  rollbackAtomicOp(): void {
    this.#pipeline.rollback()
  }

  /**
   * Commit what `fill` adds as one operation; if it throws, the operation is rolled back.
   *
   * @throws what `fill` throws @throws as {@link startAtomicOp} and {@link commitAtomicOp}
   */
  atomic(fill: (operation: AtomicOperation) => Promise<void> | void): Promise<CommitResult> {
    return atomic(this, fill)
  }

  /** Resolves when memory has room for more; to be awaited now and then when adding a lot. */
  async writable(): Promise<void> {
    await this.index.writable()
    await this.#pipeline.room()
  }

  /**
   * Overwrite the data of a committed entry.
   *
   * @throws {RefusedError} `ENTRY_NOT_FOUND`, or `ENTRY_DIFFERS` if it has another type or length
   * @throws {DiskError} `WRITE_FAILED`: nothing has changed; `OUTCOME_UNKNOWN`; `STORE_BROKEN`
   */
  async updateEntryData(number: bigint, type: number, data: Uint8Array): Promise<void> {
    this.#checkOpen()
    await this.#changes.update(number, type, data)
  }

  /**
   * Remove entry `number` and all after it, durably. Readers past it are disconnected.
   *
   * @throws {RefusedError} `ATOMIC_OP_IN_PROGRESS`, `TRUNCATE_IN_PROGRESS`, `ENTRY_NOT_FOUND`, `BEFORE_BASE`
   * @throws {DiskError} `WRITE_FAILED`: nothing has changed; `OUTCOME_UNKNOWN`; `STORE_BROKEN`
   */
  async truncateFile(number: bigint): Promise<void> {
    this.#checkOpen()
    if (this.#pipeline.isOpen) throw new RefusedError('ATOMIC_OP_IN_PROGRESS', 'an atomic operation is open')
    if (this.#changes.isTruncating) throw new RefusedError('TRUNCATE_IN_PROGRESS', 'the file is being truncated')
    await this.#changes.truncate(number)
  }

  /**
   * Give up entries before entry `number`, as far as whole pages of theirs are before it, and free their disk space: the file begins
   * later from then on. Reading what was given up fails with `BEFORE_BASE`. docs/spec/stream-file.md §9.
   *
   * @returns where the file begins
   * @throws {DiskError} `CANNOT_FREE`: it begins there, but takes as much space as before, which can be tried again; otherwise as
   * {@link truncateFile}
   * @throws {DamageError} if a page does not open with an entry
   */
  dropBefore(number: bigint): Promise<CommitPoint> {
    this.#checkOpen()
    return this.#changes.drop(number)
  }

  /**
   * Roll back the open operation, finish queued commits, make everything durable and release the files. Calling it again
   * waits too.
   *
   * @throws {DiskError} `STORE_BROKEN` if what was committed could not be made durable; the files are released nevertheless
   */
  override async close(): Promise<void> {
    this.#closed = true
    await super.close()
  }

  /** Close, and remove what opening the store has made on the disk, unless something was committed. */
  async discard(): Promise<void> {
    this.#discarding = this.#pipeline.stats.commits === 0
    await this.close()
  }

  async #close(): Promise<void> {
    if (this.#pipeline.isOpen) this.rollbackAtomicOp()
    await this.#parts.background.stop()
    await this.#pipeline.drained()
    await this.#parts.close(this.#discarding)
  }

  #checkState(): void {
    if (this.broken !== undefined) throw this.broken
  }

  #checkOpen(): void {
    if (this.#closed) throw new RefusedError('CLOSED', `${this.log.path} is closed`)
  }
}

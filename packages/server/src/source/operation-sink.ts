import type { CommitResult } from '@datastreamer/format/source'
import { RefusedError } from '../errors.ts'
import type { StreamStore } from '../store/stream-store.ts'
import { BreachError, endsConnection, PlaceError, writeFault } from './fault.ts'

/** An operation as its source sees it. */
interface OpenOperation {
  /** Why it will not be committed; what comes until its end is passed over. */
  failed: Error | undefined
}

/**
 * The operations of one source, on their way into the store. What is wrong with a part of an operation fails the
 * operation, and is told at its commit. docs/spec/source-protocol.md §4.
 */
export class OperationSink {
  readonly #store: StreamStore
  readonly #inFlight = new Set<Promise<unknown>>()
  #open: OpenOperation | undefined
  #entries = 0
  #commits = 0
  #committedEntries = 0n

  constructor(store: StreamStore) {
    this.#store = store
  }

  get isOpen(): boolean {
    return this.#open !== undefined
  }

  /** Commits that were made. */
  get commits(): number {
    return this.#commits
  }

  /** Entries that were committed. */
  get committedEntries(): bigint {
    return this.#committedEntries
  }

  /** @throws {BreachError} if an operation is open @throws what ends the connection */
  start(firstEntry: bigint): void {
    if (this.#open !== undefined) throw new BreachError('BAD_STATE', 'an operation was started within another')
    this.#open = { failed: undefined }
    this.#entries = 0
    try {
      const { nextEntry } = this.#store
      if (firstEntry !== nextEntry) {
        throw new PlaceError('WRONG_FIRST_ENTRY', `the operation begins at entry ${firstEntry}, expected ${nextEntry}`)
      }
      this.#store.startAtomicOp()
    } catch (error) {
      if (endsConnection(writeFault(error))) throw error
      this.#open.failed = error as Error
    }
  }

  /** @throws {BreachError} if no operation is open */
  addEntry(type: number, data: Uint8Array): void {
    this.#add(() => this.#store.addStreamEntry(type, data))
  }

  /** @throws {BreachError} if no operation is open */
  addBookmark(bookmark: Uint8Array): void {
    this.#add(() => this.#store.addStreamBookmark(bookmark))
  }

  /** @throws {BreachError} if no operation is open; why the operation failed comes as a rejection */
  commit(): Promise<CommitResult> {
    const { failed } = this.#take('committed')
    if (failed !== undefined) return Promise.reject(failed)
    const entries = BigInt(this.#entries)
    const commit = this.#store.commitAtomicOp().then((result) => {
      this.#commits++
      this.#committedEntries += entries
      return result
    })
    this.track(commit)
    return commit
  }

  /** @throws {BreachError} if no operation is open */
  rollback(): void {
    const { failed } = this.#take('rolled back')
    if (failed === undefined) this.#rollBack()
  }

  /** Have {@link settled} wait for work on the store. */
  track(work: Promise<unknown>): void {
    const done = (): void => {
      this.#inFlight.delete(work)
    }
    this.#inFlight.add(work)
    work.then(done, done)
  }

  /** Resolves when all work that is under way now is done, whatever comes of it. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#inFlight)
  }

  /** Roll back what is open, if anything is. */
  abandon(): void {
    if (this.#open !== undefined) this.rollback()
  }

  #add(add: () => void): void {
    const open = this.#open
    if (open === undefined) throw new BreachError('BAD_STATE', 'an entry without an operation')
    if (open.failed !== undefined) return
    try {
      add()
      this.#entries++
    } catch (error) {
      open.failed = error as Error
      this.#rollBack()
    }
  }

  #rollBack(): void {
    try {
      this.#store.rollbackAtomicOp()
    } catch (error) {
      // A store that was closed has rolled back itself.
      if (!(error instanceof RefusedError)) throw error
    }
  }

  #take(verb: string): OpenOperation {
    const open = this.#open
    if (open === undefined) throw new BreachError('BAD_STATE', `no operation is open that could be ${verb}`)
    this.#open = undefined
    return open
  }
}

import { addSourceAdditions, type CommitResult, type SourceAdditions } from '@datastreamer/format/source'
import type { StreamStore } from '@datastreamer/store'
import { RefusedError } from '@datastreamer/store'
import { endsConnection, MismatchError, SourceProtocolError, writeFault } from './fault.ts'

/** An operation as its source client sees it. */
interface OpenOperation {
  /** Why it will not be committed; what comes until its end is ignored. */
  failed: Error | undefined
}

/**
 * The operations of one source client, on their way into the store. What is wrong with a part of an operation fails the
 * operation, which is answered at its commit. docs/spec/source-protocol.md §4.
 */
export class OperationSink {
  readonly #store: StreamStore
  readonly #waiters: (() => void)[] = []
  /** Work on the store that is not done. */
  #underWay = 0
  #open: OpenOperation | undefined
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

  /** @throws {SourceProtocolError} if an operation is open @throws what ends the connection */
  start(firstEntry: bigint): void {
    if (this.#open !== undefined) throw new SourceProtocolError('BAD_STATE', 'an operation was started within another')
    this.#open = { failed: undefined }
    try {
      const { nextEntry } = this.#store
      if (firstEntry !== nextEntry) {
        throw new MismatchError(
          'WRONG_FIRST_ENTRY',
          `the operation begins at entry ${firstEntry}, expected ${nextEntry}`,
        )
      }
      this.#store.startAtomicOp()
    } catch (error) {
      if (endsConnection(writeFault(error))) throw error
      this.#open.failed = error as Error
    }
  }

  /** @throws {SourceProtocolError} if no operation is open */
  add(additions: SourceAdditions): void {
    const open = this.#open
    if (open === undefined) throw new SourceProtocolError('BAD_STATE', 'an entry without an operation')
    if (open.failed !== undefined) return
    try {
      addSourceAdditions(additions, this.#store)
    } catch (error) {
      open.failed = error as Error
      this.#rollBack()
    }
  }

  /** Commit what is open; one of the two is called later. @throws {SourceProtocolError} if no operation is open */
  commit(onCommitted: (result: CommitResult) => void, onFailed: (error: unknown) => void): void {
    const { failed } = this.#take('committed')
    const work = failed === undefined ? this.#store.commitAtomicOp() : Promise.reject(failed)
    this.#underWay++
    work.then(
      (result) => {
        this.#commits++
        this.#committedEntries += result.nextEntry - result.firstEntry
        onCommitted(result)
        this.#done()
      },
      (error: unknown) => {
        onFailed(error)
        this.#done()
      },
    )
  }

  /** @throws {SourceProtocolError} if no operation is open */
  rollback(): void {
    const { failed } = this.#take('rolled back')
    if (failed === undefined) this.#rollBack()
  }

  /** Have {@link settled} wait for other work on the store, which never fails. */
  track(work: Promise<unknown>): void {
    this.#underWay++
    void work.then(() => this.#done())
  }

  /** Resolves when no work is under way, whatever came of it. */
  async settled(): Promise<void> {
    while (this.#underWay > 0) await new Promise<void>((resolve) => this.#waiters.push(resolve))
  }

  /** Roll back what is open, if anything is. */
  abandon(): void {
    if (this.#open !== undefined) this.rollback()
  }

  #done(): void {
    this.#underWay--
    if (this.#underWay > 0) return
    for (const wake of this.#waiters.splice(0)) wake()
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
    if (open === undefined) throw new SourceProtocolError('BAD_STATE', `no operation is open that could be ${verb}`)
    this.#open = undefined
    return open
  }
}

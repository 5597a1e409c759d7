import { type Entry, invariant } from '@datastreamer/format'
import { RefusedError, type StreamStore } from '@datastreamer/store'

/** Commits that may wait for the disk. */
const MAX_WAITING_COMMITS = 1024

/**
 * Writes what comes from upstream as atomic operations, one after the other. Commits are not waited for one by one: the
 * disk takes together those that wait. What is held in memory is bounded if {@link ready} is awaited between calls.
 *
 * Invariant: entries come in order, none left out or repeated.
 */
export class OperationWriter {
  readonly #store: StreamStore
  readonly #onFailure: (error: unknown) => void
  /** Number of the entry that comes next. */
  #next: bigint
  #open = false
  #waiting = 0
  #failure: { readonly error: unknown } | undefined
  #wake: (() => void) | undefined

  /** @param onFailure notified of the first commit that fails: nothing may come any more at which it would be thrown */
  constructor(store: StreamStore, onFailure: (error: unknown) => void) {
    this.#store = store
    this.#next = store.nextEntry
    this.#onFailure = onFailure
  }

  /** Whether entries wait for the end of their operation. */
  get isOpen(): boolean {
    return this.#open
  }

  /** Add entries to the operation, which is begun if none is open. @throws {RefusedError | DiskError} */
  add(entries: readonly Entry[]): void {
    if (entries.length === 0) return
    this.#throwFailure()
    if (!this.#open) this.#store.startAtomicOp()
    this.#open = true
    for (const { type, number, data } of entries) {
      invariant(number === this.#next, `entry ${number} comes, ${this.#next} is next`)
      this.#next = number + 1n
      const given = this.#store.addStreamEntry(type, data)
      if (given === number) continue
      // A commit before this has failed, and whoever waits for it has not seen it yet.
      throw new RefusedError('ATOMIC_OP_FAILED', `entry ${number} would get number ${given}`)
    }
  }

  /** The operation, if one is open, ends here. */
  commit(): void {
    if (!this.#open) return
    this.#open = false
    this.#waiting++
    this.#store.commitAtomicOp().then(
      () => this.#settled(),
      (error: unknown) => {
        this.#failure ??= { error }
        this.#settled()
        this.#onFailure(error)
      },
    )
  }

  /** Resolves when more may be added. @throws what a commit failed with */
  async ready(): Promise<void> {
    await this.#store.writable()
    while (this.#waiting >= MAX_WAITING_COMMITS) await this.#nextSettled()
    this.#throwFailure()
  }

  /** Roll back what is open and wait for what is not. @throws what a commit failed with */
  async finish(): Promise<void> {
    if (this.#open) this.#store.rollbackAtomicOp()
    this.#open = false
    while (this.#waiting > 0) await this.#nextSettled()
    this.#throwFailure()
  }

  #settled(): void {
    this.#waiting--
    this.#wake?.()
  }

  #nextSettled(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }
}

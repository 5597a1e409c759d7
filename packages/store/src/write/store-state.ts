import type { Clock } from '@datastreamer/runtime'
import { DiskError } from '../disk/errors.ts'
import { messageOf } from '../disk/message-of.ts'

/** Whether a store can write. Readers are served in every state but `closed`. */
export type StoreState =
  | { readonly t: 'open' }
  /** The disk failed so that nothing may be written until the files are reopened, which is retried. */
  | BrokenState
  /** The files are being reopened. */
  | (Omit<BrokenState, 't'> & { readonly t: 'reopening' })
  | { readonly t: 'closed' }

interface BrokenState {
  readonly t: 'broken'
  /** Why nothing can be written: `STORE_BROKEN`. */
  readonly error: DiskError
  /** Number of failed attempts to reopen the files. */
  readonly tries: number
  readonly since: Date
}

/** The state of a store: `open` → `broken` → `reopening` → `open` or `broken` again; `closed` from any. */
export class StateOfStore {
  readonly #clock: Clock
  #state: StoreState = { t: 'open' }
  #onBroken: (error: DiskError) => void = () => {}

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get now(): StoreState {
    return this.#state
  }

  /** Why nothing can be written: broken, and not being reopened. */
  get broken(): DiskError | undefined {
    return this.#state.t === 'broken' ? this.#state.error : undefined
  }

  /** Why no operation can be started. */
  get refusal(): DiskError | undefined {
    return this.#state.t === 'reopening' ? this.#state.error : this.broken
  }

  /** Call `listener` whenever an open store breaks. */
  onBroken(listener: (error: DiskError) => void): void {
    this.#onBroken = listener
  }

  /** Nothing can be written from now on, until the files are reopened. */
  break(cause: unknown): DiskError {
    const before = this.#state
    if (before.t === 'broken') return before.error
    const message = `nothing can be written until the files are reopened:  ${messageOf(cause)}`
    const error = new DiskError('STORE_BROKEN', message, { cause })
    if (before.t === 'closed') return error
    const tries = before.t === 'reopening' ? before.tries + 1 : 0
    const since = before.t === 'reopening' ? before.since : new Date(this.#clock.wallTime())
    this.#state = { t: 'broken', error, tries, since }
    if (before.t === 'open') this.#onBroken(error)
    return error
  }

  /** The files are about to be reopened. */
  reopening(): void {
    if (this.#state.t === 'broken') this.#state = { ...this.#state, t: 'reopening' }
  }

  /** The files have been reopened. */
  reopened(): void {
    if (this.#state.t === 'reopening') this.#state = { t: 'open' }
  }

  close(): void {
    this.#state = { t: 'closed' }
  }
}

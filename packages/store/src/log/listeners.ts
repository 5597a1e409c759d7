import type { Clock } from '@datastreamer/runtime'
import type { CommitPoint } from './commit-point.ts'
import type { LogListener } from './readable-log.ts'
import type { LogPosition } from './run-reader.ts'

/** Those who want to know of changes of a log. */
export class Listeners {
  readonly #clock: Clock
  readonly #listeners = new Set<LogListener>()
  #announced = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Notify `listener` until the returned function is called. */
  add(listener: LogListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Notify them soon, once for all commits of this turn of the event loop. */
  committed(): void {
    if (this.#announced) return
    this.#announced = true
    this.#clock.soon(() => {
      this.#announced = false
      for (const listener of this.#listeners) listener.onCommit()
    })
  }

  truncated(point: CommitPoint): void {
    for (const listener of this.#listeners) listener.onTruncate(point)
  }

  /** Committed bytes from an entry on were changed in place. */
  updated(from: LogPosition): void {
    for (const listener of this.#listeners) listener.onUpdate?.(from)
  }
}

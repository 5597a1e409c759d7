import { invariant } from '@datastreamer/format'
import type { Truncations } from './truncations.ts'

/**
 * Tracks changes of committed bytes, by a truncation or in place, so that what was read meanwhile is read again.
 *
 * Invariants: the epoch never goes back; one change in place at a time.
 */
export class LogChanges {
  readonly #truncations: Truncations
  /** Grows with every change of committed bytes. */
  #epoch = 0
  /** Settles when a change in place is done. */
  #changing: Promise<void> | undefined

  constructor(truncations: Truncations) {
    this.#truncations = truncations
  }

  get epoch(): number {
    return this.#epoch
  }

  /** Waits until nothing is being changed, and returns the epoch. */
  async steadyEpoch(): Promise<number> {
    while (this.#changing !== undefined) await this.#changing
    return this.#epoch
  }

  truncated(totalEntries: number): void {
    this.#epoch++
    this.#truncations.note(totalEntries)
  }

  /** Bytes at the beginning are not in the file any more. */
  baseMoved(): void {
    this.#epoch++
  }

  /** Change committed bytes in place by `work`. */
  async change(work: () => Promise<void>): Promise<void> {
    invariant(this.#changing === undefined, 'committed bytes are changed in place while others are')
    this.#epoch++
    const changing = work()
    this.#changing = changing.catch(() => undefined)
    try {
      await changing
    } finally {
      this.#epoch++
      this.#changing = undefined
    }
  }

  /**
   * Read at entry `number`, and again if anything changed meanwhile: what was read then counts neither as entries nor as
   * damage.
   *
   * @param isThere whether the entry is in the log
   * @returns `undefined` if it is not, or was truncated meanwhile
   */
  async readSteadily<T>(number: number, isThere: () => boolean, read: () => Promise<T>): Promise<T | undefined> {
    const { count } = this.#truncations
    while (number < this.#truncations.fewestSince(count) && isThere()) {
      const epoch = await this.steadyEpoch()
      const found = await read().then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      )
      if (epoch !== this.#epoch) continue
      if ('error' in found) throw found.error
      return found.value
    }
    return undefined
  }
}

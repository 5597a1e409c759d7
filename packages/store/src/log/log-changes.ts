/**
 * Notes when committed bytes of a log change, by a truncation or in place, so that what was read meanwhile is read again.
 */
export class LogChanges {
  /** Grows with every change of bytes that were committed. */
  #epoch = 0
  /** Settles when bytes that are being changed in place are whole again. */
  #changing: Promise<void> | undefined
  /** Reads that are under way: the number that the log was truncated at since they began, if it was. */
  readonly #reads = new Set<{ cut: number }>()

  get epoch(): number {
    return this.#epoch
  }

  /** The epoch, at a time when nothing is being changed. */
  async steadyEpoch(): Promise<number> {
    while (this.#changing !== undefined) await this.#changing
    return this.#epoch
  }

  truncated(totalEntries: number): void {
    this.#epoch++
    for (const read of this.#reads) read.cut = Math.min(read.cut, totalEntries)
  }

  /** Change committed bytes in place by `work`. */
  async change(work: () => Promise<void>): Promise<void> {
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
   * Read what stands at entry `number`, and again if anything changed meanwhile: what was read then is neither entries nor
   * damage.
   *
   * @param isThere whether the entry is part of the log
   * @returns `undefined` if it is not, or was truncated meanwhile
   */
  async readSteadily<T>(number: number, isThere: () => boolean, read: () => Promise<T>): Promise<T | undefined> {
    const under = { cut: Number.POSITIVE_INFINITY }
    this.#reads.add(under)
    try {
      while (number < under.cut && isThere()) {
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
    } finally {
      this.#reads.delete(under)
    }
  }
}

/** Runs one call at a time, in order, even if one fails. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve()

  /** Runs `work` after all earlier calls, and settles as it does. */
  run(work: () => Promise<void>): Promise<void> {
    const mine = this.#last.then(work)
    this.#last = mine.catch(() => undefined)
    return mine
  }
}

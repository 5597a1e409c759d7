/** Does one task after the other, in the order of the calls, also if one fails. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve()

  /** Settles as `work` does, once all before it is done. */
  run(work: () => Promise<void>): Promise<void> {
    const mine = this.#last.then(work)
    this.#last = mine.catch(() => undefined)
    return mine
  }
}

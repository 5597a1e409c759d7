/** Longest time to sleep before the lock is looked at again, should a wake-up be lost. */
const RETRY_MS = 1

/** A lock that threads share, for work of some microseconds. */
export class SharedLock {
  readonly #word: Int32Array

  /** @param word one word, 0 while nobody has the lock */
  constructor(word: Int32Array) {
    this.#word = word
  }

  run<T>(work: () => T): T {
    while (Atomics.compareExchange(this.#word, 0, 0, 1) !== 0) Atomics.wait(this.#word, 0, 1, RETRY_MS)
    try {
      return work()
    } finally {
      Atomics.store(this.#word, 0, 0)
      Atomics.notify(this.#word, 0, 1)
    }
  }
}

/** Lets a few work at a time; others wait, in the order in which they came. */
export class Gate {
  #free: number
  readonly #waiting = new Set<() => void>()

  /** @param width how many may work at a time */
  constructor(width: number) {
    this.#free = width
  }

  /** Do work when it is its turn. @throws the reason of `signal` if that is aborted before */
  async pass<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#enter(signal)
    try {
      return await work()
    } finally {
      const [next] = this.#waiting
      if (next === undefined) this.#free++
      else next()
    }
  }

  #enter(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      if (this.#free > 0) {
        this.#free--
        resolve()
        return
      }
      const leave = (): void => {
        this.#waiting.delete(enter)
        signal.removeEventListener('abort', onAbort)
      }
      const enter = (): void => {
        leave()
        resolve()
      }
      const onAbort = (): void => {
        leave()
        reject(signal.reason)
      }
      this.#waiting.add(enter)
      signal.addEventListener('abort', onAbort)
    })
  }
}

/** Who wants to work, and until when. */
export interface Passing {
  /** Whose work it is: clients take turns. */
  readonly client: object
  readonly signal: AbortSignal
}

/**
 * Lets a few work at a time, of one client half of these; others wait. A place that becomes free is for the client that has
 * the fewest, of several such for the one whose turn is longest ago: who asks for much waits for itself.
 */
export class Gate {
  #free: number
  readonly #ofOneClient: number
  /** What waits of each client; the clients in the order of their turns. */
  readonly #waiting = new Map<object, Set<() => void>>()
  /** How many of each client work. */
  readonly #working = new Map<object, number>()

  /** @param width how many may work at a time */
  constructor(width: number) {
    this.#free = width
    this.#ofOneClient = Math.ceil(width / 2)
  }

  /** Do work when it is its turn. @throws the reason of `signal`, which is asked for if there is a wait, if that is aborted */
  async pass<T>(passing: Passing, work: () => Promise<T>): Promise<T> {
    if (!this.#enterAtOnce(passing.client)) await this.#enter(passing)
    try {
      return await work()
    } finally {
      this.#leave(passing.client)
    }
  }

  #enterAtOnce(client: object): boolean {
    const working = this.#of(client)
    if (this.#free === 0 || this.#waiting.size > 0 || working >= this.#ofOneClient) return false
    this.#free--
    this.#working.set(client, working + 1)
    return true
  }

  #enter({ client, signal }: Passing): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const enter = (): void => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      const onAbort = (): void => {
        this.#remove(client, enter)
        reject(signal.reason)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      const queue = this.#waiting.get(client)
      if (queue === undefined) this.#waiting.set(client, new Set([enter]))
      else queue.add(enter)
      this.#admit()
    })
  }

  #leave(client: object): void {
    this.#free++
    const left = this.#of(client) - 1
    if (left === 0) this.#working.delete(client)
    else this.#working.set(client, left)
    this.#admit()
  }

  #admit(): void {
    const client = this.#free > 0 ? this.#next() : undefined
    const queue = client && this.#waiting.get(client)
    const [enter] = queue ?? []
    if (client === undefined || queue === undefined || enter === undefined) return
    this.#free--
    this.#working.set(client, this.#of(client) + 1)
    this.#waiting.delete(client)
    queue.delete(enter)
    if (queue.size > 0) this.#waiting.set(client, queue)
    enter()
  }

  /** Whose turn it is. */
  #next(): object | undefined {
    let next: object | undefined
    let fewest = this.#ofOneClient
    for (const client of this.#waiting.keys()) {
      const working = this.#of(client)
      if (working >= fewest) continue
      next = client
      fewest = working
    }
    return next
  }

  #remove(client: object, enter: () => void): void {
    const queue = this.#waiting.get(client)
    queue?.delete(enter)
    if (queue?.size === 0) this.#waiting.delete(client)
  }

  #of(client: object): number {
    return this.#working.get(client) ?? 0
  }
}

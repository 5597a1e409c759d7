import { nextTurn } from '../trust/next-turn.ts'

/**
 * Bounds what the searches of a history do at once, all together, so that others are answered in between: a few reads at a
 * time, and the work of one block in each turn of the event loop.
 */
export class Pace {
  #free: number
  readonly #waiting: (() => void)[] = []
  #turn: Promise<void> = Promise.resolve()

  /** @param width reads at a time */
  constructor(width: number) {
    this.#free = width
  }

  /** Read when there is room. @throws the reason of `signal`, before it reads */
  async read<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      signal?.throwIfAborted()
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }

  /** To be awaited before the work of a block, once it was read. */
  turn(): Promise<void> {
    this.#turn = this.#turn.then(nextTurn)
    return this.#turn
  }
}

import { Slots } from '@datastreamer/e2store/location'
import { nextTurn } from '../trust/next-turn.ts'

/**
 * Bounds what the searches of a history do at once, all together, so that others are answered in between: a few reads at a
 * time, and the work of one block in each turn of the event loop.
 */
export class Pace {
  readonly #slots: Slots
  #turn: Promise<void> = Promise.resolve()

  /** @param width reads at a time */
  constructor(width: number) {
    this.#slots = new Slots(width)
  }

  /** Read when there is room. @throws the reason of `signal`, before it reads */
  read<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    return this.#slots.run(() => {
      signal?.throwIfAborted()
      return work()
    })
  }

  /** To be awaited before the work of a block, once it was read. */
  turn(): Promise<void> {
    this.#turn = this.#turn.then(nextTurn)
    return this.#turn
  }
}

/** Counts the turns of the event loop, as whoever else is on it has them, until it is disposed of. */
export class TurnCounter implements Disposable {
  turns = 0
  #isOver = false

  constructor() {
    this.#next()
  }

  [Symbol.dispose](): void {
    this.#isOver = true
  }

  #next(): void {
    setImmediate(() => {
      this.turns++
      if (!this.#isOver) this.#next()
    })
  }
}

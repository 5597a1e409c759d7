const TURN_MS = 8

/** Gives way to others who want the processor, now and then, in work of many steps. */
export class Turns {
  #since = performance.now()

  /** To be awaited between two steps. */
  async pass(): Promise<void> {
    if (performance.now() - this.#since < TURN_MS) return
    await nextTurn()
    this.#since = performance.now()
  }
}

/** Resolves when others had their turn. */
function nextTurn(): Promise<void> {
  const { setImmediate } = globalThis as { readonly setImmediate?: (run: () => void) => unknown }
  return new Promise((resolve) => {
    if (setImmediate === undefined) setTimeout(resolve, 0)
    else setImmediate(resolve)
  })
}

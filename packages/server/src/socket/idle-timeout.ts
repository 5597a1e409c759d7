/** Notices that nothing was heard for too long. */
export class Silence {
  readonly #onSilence: () => void
  #timer: NodeJS.Timeout | undefined
  #check: NodeJS.Immediate | undefined

  constructor(onSilence: () => void) {
    this.#onSilence = onSilence
  }

  /** Report after so long from now on (0: never) without a {@link heard}. */
  limit(timeoutMs: number): void {
    this.stop()
    if (timeoutMs > 0) this.#timer = setTimeout(() => this.#suspect(), timeoutMs)
  }

  heard(): void {
    clearImmediate(this.#check)
    this.#check = undefined
    this.#timer?.refresh()
  }

  stop(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#check)
    this.#timer = undefined
    this.#check = undefined
  }

  /** If this process was busy, what came meanwhile is read only after its timers: look once more behind that. */
  #suspect(): void {
    this.#check = setImmediate(this.#onSilence)
  }
}

/** Notices that nothing was heard for too long. */
export class Silence {
  readonly #onSilence: () => void
  #timer: NodeJS.Timeout | undefined

  constructor(onSilence: () => void) {
    this.#onSilence = onSilence
  }

  /** Report after so long from now on (0: never) without a {@link heard}. */
  limit(timeoutMs: number): void {
    this.stop()
    if (timeoutMs > 0) this.#timer = setTimeout(this.#onSilence, timeoutMs)
  }

  heard(): void {
    this.#timer?.refresh()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}

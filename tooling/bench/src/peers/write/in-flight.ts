/** Counts operations that wait for an answer, and lets a writer wait until there are few. */
export class InFlight {
  #waiting = 0
  #acknowledged = 0
  #failure: Error | undefined
  #onChange: () => void = () => {}

  /** Operations that were acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged
  }

  begin(operations: number): void {
    this.#waiting += operations
  }

  acknowledge(operations: number): void {
    this.#waiting -= operations
    this.#acknowledged += operations
    this.#onChange()
  }

  fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error))
    this.#onChange()
  }

  /** Resolves when at most so many wait. @throws {Error} one of them failed */
  async atMost(operations: number): Promise<void> {
    while (this.#failure === undefined && this.#waiting > operations) {
      await new Promise<void>((resolve) => {
        this.#onChange = resolve
      })
    }
    if (this.#failure !== undefined) throw this.#failure
  }
}

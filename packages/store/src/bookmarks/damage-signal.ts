import { UnusableIndexError } from './index-errors.ts'

/** Notifies once that an index is damaged, even a listener that is added later. */
export class DamageSignal {
  #listener: ((error: UnusableIndexError) => void) | undefined
  #damage: UnusableIndexError | undefined

  listen(listener: (error: UnusableIndexError) => void): void {
    this.#listener = listener
    if (this.#damage !== undefined) listener(this.#damage)
  }

  /** Handle an error; all but those of a damaged index are ignored. */
  note(error: Error): void {
    if (!(error instanceof UnusableIndexError) || this.#damage !== undefined) return
    this.#damage = error
    this.#listener?.(error)
  }

  /** The index is whole again. */
  clear(): void {
    this.#damage = undefined
  }
}

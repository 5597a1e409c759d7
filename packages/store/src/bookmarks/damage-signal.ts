import { UnusableIndexError } from './index-errors.ts'

/** Says once that an index is damaged, also to who listens only later. */
export class DamageSignal {
  #listener: ((error: UnusableIndexError) => void) | undefined
  #damage: UnusableIndexError | undefined

  listen(listener: (error: UnusableIndexError) => void): void {
    this.#listener = listener
    if (this.#damage !== undefined) listener(this.#damage)
  }

  /** Take note of an error; any but that of a damaged index is none of its business. */
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

import type { Entry } from '@datastreamer/format'
import { type CheckpointParts, checkpointOf } from '../checkpoint.ts'
import { RewrittenError } from './rewritten.ts'

/** Reads the entries of a checkpoint once more on a new connection, before any entry after them counts. */
export class Reread {
  readonly #checkpoint: CheckpointParts
  #next: bigint
  #opening: Entry | undefined

  constructor(checkpoint: CheckpointParts) {
    this.#checkpoint = checkpoint
    this.#next = checkpoint.first
  }

  /** Number of the entry that has to come next. */
  get next(): bigint {
    return this.#next
  }

  /** Whether all was read, and is the same. */
  get done(): boolean {
    return this.#next > this.#checkpoint.last
  }

  /** The first entry of the checkpoint, once it was read. */
  get opening(): Entry | undefined {
    return this.#opening
  }

  /**
   * Take entries in, which have to be the next ones.
   *
   * @param totalEntries of the stream, for the error
   * @returns those after the checkpoint
   * @throws {RewrittenError}
   */
  take(entries: readonly Entry[], totalEntries: bigint): readonly Entry[] {
    const { first, last, text } = this.#checkpoint
    if (this.#next === first) this.#opening = entries[0]
    const index = Number(last - this.#next)
    const end = entries[index]
    if (end === undefined) {
      this.#next += BigInt(entries.length)
      return []
    }
    const found = checkpointOf(end, this.#opening)
    if (found !== text) throw new RewrittenError(found, last, totalEntries)
    this.#next = last + 1n
    return entries.slice(index + 1)
  }
}

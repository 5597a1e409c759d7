import { invariant } from '@datastreamer/format'
import { type Checkpoint, parseCheckpoint } from '../checkpoint.ts'

/** Checkpoints above which the older ones are thinned out. */
const MAX_CHECKPOINTS = 256
/** The newest ones, of which all are kept. */
const KEPT = 64

/**
 * The checkpoints to which an iteration may go back when history was rewritten: the caller's, and those of what was
 * delivered since, the older the fewer.
 *
 * Invariants: every checkpoint comes after the one before it; the oldest is never dropped but by {@link rewindTo}.
 */
export class Trail {
  /** The oldest first. */
  #checkpoints: readonly { readonly text: Checkpoint; readonly last: bigint }[]

  /** @param checkpoints of the caller, in any order @throws {TypeError} if one of them is none */
  constructor(checkpoints: readonly Checkpoint[]) {
    const sorted = checkpoints.map(parseCheckpoint).sort((a, b) => (a.last < b.last ? -1 : 1))
    this.#checkpoints = sorted.filter(({ last }, i) => sorted[i + 1]?.last !== last)
  }

  get checkpoints(): readonly Checkpoint[] {
    return this.#checkpoints.map(({ text }) => text)
  }

  get newest(): Checkpoint | undefined {
    return this.#checkpoints.at(-1)?.text
  }

  /** Number of the entry after the newest checkpoint. */
  get nextEntry(): bigint {
    const newest = this.#checkpoints.at(-1)
    return newest === undefined ? 0n : newest.last + 1n
  }

  /** Everything up to a checkpoint was delivered. */
  add(checkpoint: Checkpoint): void {
    const { text, last } = parseCheckpoint(checkpoint)
    const newest = this.#checkpoints.at(-1)
    invariant(newest === undefined || newest.last < last, `checkpoint ${text} does not come after ${newest?.text}`)
    const all = [...this.#checkpoints, { text, last }]
    this.#checkpoints = all.length > MAX_CHECKPOINTS ? all.filter((_, i) => i % 2 === 0 || i >= all.length - KEPT) : all
  }

  /** Forget what comes after a checkpoint, or all. Returns whether anything did. */
  rewindTo(checkpoint: Checkpoint | undefined): boolean {
    const { length } = this.#checkpoints
    const kept = this.#checkpoints.findIndex(({ text }) => text === checkpoint) + 1
    invariant(checkpoint === undefined || kept > 0, `checkpoint ${checkpoint} is none of this iteration`)
    this.#checkpoints = this.#checkpoints.slice(0, kept)
    return kept < length
  }
}

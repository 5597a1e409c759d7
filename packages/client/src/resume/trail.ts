import { invariant } from '@datastreamer/format'
import { type Checkpoint, parseCheckpoint } from '../checkpoint.ts'

/** Checkpoints above which they are thinned out. */
const MAX_CHECKPOINTS = 256
/** Of those whose index is a multiple of 2^k, and of no higher power, so many are kept. */
const KEPT = 4

interface Step {
  /** Position in the trail, from 0. */
  readonly index: number
  readonly text: Checkpoint
  readonly last: bigint
}

/**
 * The checkpoints to which an iteration may go back when history was rewritten: the caller's, and those of what was
 * delivered since, the older the fewer: to go back to any entry, no more than a third as far again is undone.
 *
 * Invariants: every checkpoint comes after the one before it; the oldest is never dropped but by {@link rewindTo}.
 */
export class Trail {
  /** The oldest first. */
  #steps: readonly Step[]

  /** @param checkpoints of the caller, in any order @throws {TypeError} if one of them is none */
  constructor(checkpoints: readonly Checkpoint[]) {
    const sorted = checkpoints.map(parseCheckpoint).sort((a, b) => (a.last < b.last ? -1 : 1))
    const steps = sorted.filter(({ last }, i) => sorted[i + 1]?.last !== last)
    this.#steps = steps.map(({ text, last }, index) => ({ index, text, last }))
  }

  get checkpoints(): readonly Checkpoint[] {
    return this.#steps.map(({ text }) => text)
  }

  get newest(): Checkpoint | undefined {
    return this.#steps.at(-1)?.text
  }

  /** Number of the entry after the newest checkpoint. */
  get nextEntry(): bigint {
    const newest = this.#steps.at(-1)
    return newest === undefined ? 0n : newest.last + 1n
  }

  /** Everything up to a checkpoint was delivered. */
  add(checkpoint: Checkpoint): void {
    const { text, last } = parseCheckpoint(checkpoint)
    const newest = this.#steps.at(-1)
    invariant(newest === undefined || newest.last < last, `checkpoint ${text} does not come after ${newest?.text}`)
    const index = newest === undefined ? 0 : newest.index + 1
    const steps = this.#steps.length < MAX_CHECKPOINTS ? this.#steps : thinnedOut(this.#steps)
    this.#steps = [...steps, { index, text, last }]
  }

  /** Forget what comes after a checkpoint, or all. Returns whether anything did. */
  rewindTo(checkpoint: Checkpoint | undefined): boolean {
    const { length } = this.#steps
    const kept = this.#steps.findIndex(({ text }) => text === checkpoint) + 1
    invariant(checkpoint === undefined || kept > 0, `checkpoint ${checkpoint} is none of this iteration`)
    this.#steps = this.#steps.slice(0, kept)
    return kept < length
  }
}

/** The first, and of all others the fewer the further they are from the last. */
function thinnedOut(steps: readonly Step[]): readonly Step[] {
  const { index: last } = steps.at(-1) ?? { index: 0 }
  return steps.filter(({ index }) => index === 0 || last - index <= 2 * KEPT * lowestBit(index))
}

/** The highest power of 2 that a number is a multiple of. */
function lowestBit(value: number): number {
  let bit = 1
  while (value % (2 * bit) === 0) bit *= 2
  return bit
}

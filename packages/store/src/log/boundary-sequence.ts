import type { OperationBoundary } from '@datastreamer/format'
import { boundaryAt, type KnownBoundaries, lastWithin } from './known-boundaries.ts'

/** Boundaries around entries. */
export interface BoundariesAround {
  /** What belongs before the first entry. */
  readonly before: readonly OperationBoundary[]
  /** Number of the entry after the last boundary among the entries, if there is one. */
  readonly end: number | undefined
}

/** Decides which operation boundaries one reader is given, among entries in order. docs/spec/protocol.md §7. */
export class BoundarySequence {
  readonly known: KnownBoundaries
  #begun = false
  /** Whether the last boundary given said that the next are unknown. */
  #unknown = false

  constructor(known: KnownBoundaries) {
    this.known = known
  }

  /**
   * The boundaries around entries that are about to be given, in the order of the stream.
   *
   * @param from number of the first of them
   * @param to number after the last of them
   * @param isCommitPoint whether that is the commit point
   */
  async around(from: number, to: number, isCommitPoint: boolean): Promise<BoundariesAround> {
    const end = await lastWithin(this.known, from, to, isCommitPoint)
    return { before: await this.before(from, end !== undefined), end }
  }

  /**
   * Boundaries that belong before entry `from`, which is about to be given.
   *
   * @param endsOne whether a boundary is given with the entries from there on
   */
  async before(from: number, endsOne: boolean): Promise<readonly OperationBoundary[]> {
    const before: OperationBoundary[] = []
    if (!this.#begun && (from === 0 || (await this.known.lastUpTo(from)) === from)) before.push(boundaryAt(from, false))
    this.#begun = true
    if (endsOne) {
      this.#unknown = false
    } else if (!this.#unknown && !(await this.known.isKnownAt(from))) {
      this.#unknown = true
      before.push(boundaryAt(from, true))
    }
    return before
  }

  /** The boundaries that were last asked for were not given, and no entry after them. */
  forget(): void {
    this.#unknown = false
  }
}

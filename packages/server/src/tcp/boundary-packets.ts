import type { OperationBoundary } from '@datastreamer/format'

/** What is known of operation boundaries. */
export interface KnownBoundaries {
  /** The last known boundary at or before entry `number`: the number of the entry after it. `undefined`: none is known. */
  lastUpTo(number: number): Promise<number | undefined> | number | undefined
  /** Whether it is known where the operation ends that holds entry `number`. */
  isKnownAt(number: number): Promise<boolean> | boolean
}

/** None is known: then only the commit points that a stream reaches are boundaries. */
export const NO_BOUNDARIES: KnownBoundaries = { lastUpTo: () => undefined, isKnownAt: () => false }

/** Boundaries around entries. */
export interface BoundariesAround {
  /** What belongs before the first entry. */
  readonly before: readonly OperationBoundary[]
  /** Number of the entry after the last boundary among the entries, if there is one. */
  readonly end: number | undefined
}

/** Decides which operation boundaries one stream is sent. docs/spec/protocol.md §7. */
export class BoundaryPackets {
  readonly known: KnownBoundaries
  #begun = false
  /** Whether the last boundary sent said that the next are unknown. */
  #unknown = false

  constructor(known: KnownBoundaries) {
    this.known = known
  }

  /**
   * The boundaries around entries that are about to be sent, in the order of the stream.
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
   * Boundaries that belong before entry `from`, which is about to be sent.
   *
   * @param endsOne whether a boundary is sent with the entries from there on
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

  /** The boundaries that were last asked for were not sent, and no entry after them. */
  forget(): void {
    this.#unknown = false
  }
}

/**
 * Number of the entry after the last boundary among entries, if there is one.
 *
 * @param from number of the first of them
 * @param to number after the last of them
 * @param isCommitPoint whether that is the commit point
 */
export async function lastWithin(
  known: KnownBoundaries,
  from: number,
  to: number,
  isCommitPoint: boolean,
): Promise<number | undefined> {
  const last = isCommitPoint ? to : await known.lastUpTo(to)
  return last !== undefined && last > from ? last : undefined
}

/** The boundary before entry `number`. */
export function boundaryAt(number: number, gap: boolean): OperationBoundary {
  return { nextEntry: BigInt(number), gap }
}

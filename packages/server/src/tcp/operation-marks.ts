import type { OperationEnd } from '@datastreamer/format'

/** What is known of where atomic operations ended. */
export interface OperationEnds {
  /** The last known end before or at entry `number`: the number of the entry behind it. `undefined`: none is known. */
  lastUpTo(number: number): Promise<number | undefined> | number | undefined
  /** Whether it is known where the operation ends that holds entry `number`. */
  isKnownAt(number: number): Promise<boolean> | boolean
}

/** Knows of no end: then only the commit points that a stream comes to are marked. */
export const NO_ENDS: OperationEnds = { lastUpTo: () => undefined, isKnownAt: () => false }

/** Marks around entries. */
export interface MarksAround {
  /** What belongs before the first entry. */
  readonly before: readonly OperationEnd[]
  /** Number behind which the last operation among the entries ended, if one did. */
  readonly end: number | undefined
}

/** Finds out where the marks of one stream go. docs/spec/protocol.md §7. */
export class OperationMarks {
  readonly #ends: OperationEnds
  #begun = false
  /** Whether the last mark said that ends are unknown. */
  #unknown = false

  constructor(ends: OperationEnds) {
    this.#ends = ends
  }

  /**
   * The marks of entries that are about to be sent, in the order of the stream.
   *
   * @param from number of the first of them
   * @param to number behind the last of them
   * @param isCommitPoint whether that is the commit point
   */
  async around(from: number, to: number, isCommitPoint: boolean): Promise<MarksAround> {
    const last = isCommitPoint ? to : await this.#ends.lastUpTo(to)
    const end = last !== undefined && last > from ? last : undefined
    const before: OperationEnd[] = []
    if (!this.#begun && (from === 0 || (await this.#ends.lastUpTo(from)) === from)) before.push(markAt(from, false))
    this.#begun = true
    if (end !== undefined) {
      this.#unknown = false
    } else if (!this.#unknown && !(await this.#ends.isKnownAt(from))) {
      this.#unknown = true
      before.push(markAt(from, true))
    }
    return { before, end }
  }

  /** The marks that were last asked for were not sent, and no entry behind them. */
  forget(): void {
    this.#unknown = false
  }
}

/** The mark before entry `number`. */
export function markAt(number: number, gap: boolean): OperationEnd {
  return { nextEntry: BigInt(number), gap }
}

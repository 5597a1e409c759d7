import { encodeOperationEnd } from '@datastreamer/format'

/** What is known of where atomic operations ended. */
export interface OperationEnds {
  /** The last known end before or at entry `number`, or `undefined` if none is known. */
  lastUpTo(number: number): Promise<KnownEnd | undefined> | KnownEnd | undefined
}

/** A place where an atomic operation ended. */
export interface KnownEnd {
  /** Number of the entry behind the end. */
  readonly nextEntry: number
  /** Whether others, unknown where, may lie between this one and the known one before. */
  readonly gap: boolean
}

/** Knows of no end: then only the commit points that a stream comes to are marked. */
export const NO_ENDS: OperationEnds = { lastUpTo: () => undefined }

/** Finds out where the marks of one stream go. docs/spec/protocol.md §7. */
export class OperationMarks {
  readonly #ends: OperationEnds
  /** The last mark, or where the stream began. */
  #since: number
  #begun = false

  constructor(ends: OperationEnds, from: number) {
    this.#ends = ends
    this.#since = from
  }

  /** The mark before the first entry, if the stream begins at a known end; asked for again, there is none. */
  async opening(): Promise<KnownEnd | undefined> {
    if (this.#begun) return undefined
    this.#begun = true
    const nextEntry = this.#since
    const isEnd = nextEntry === 0 || (await this.#ends.lastUpTo(nextEntry))?.nextEntry === nextEntry
    return isEnd ? { nextEntry, gap: false } : undefined
  }

  /**
   * The last mark that belongs behind entries that are about to be sent.
   *
   * @param from number of the first of them
   * @param to number behind the last of them
   * @param isCommitPoint whether that is, or was, the commit point
   */
  async last(from: number, to: number, isCommitPoint: boolean): Promise<KnownEnd | undefined> {
    const known = await this.#ends.lastUpTo(to)
    if (isCommitPoint && known?.nextEntry !== to) return { nextEntry: to, gap: true }
    if (known === undefined || known.nextEntry <= from) return undefined
    if (known.gap) return known
    const before = await this.#ends.lastUpTo(known.nextEntry - 1)
    return { nextEntry: known.nextEntry, gap: before !== undefined && before.nextEntry > this.#since }
  }

  /** The mark at this number was sent. */
  sent(nextEntry: number): void {
    this.#since = nextEntry
  }
}

/** The packet for a mark. */
export function encodeMark({ nextEntry, gap }: KnownEnd): Uint8Array {
  return encodeOperationEnd({ nextEntry: BigInt(nextEntry), gap })
}

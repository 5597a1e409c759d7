import { type Entry, sameEntry } from '@datastreamer/format'

/** Look up a committed entry by number. */
export type LookUp = (entryNumber: bigint) => Promise<Entry | undefined>

/**
 * Proves the first entry at the head of a stream that was just started. Some servers send a stale or uncommitted entry
 * there, which lies in their file behind the commit point; the real one of that number follows when it is committed.
 */
export class GhostGuard {
  /** Number of the entry to prove; `undefined` once that was done. */
  #head: bigint | undefined
  readonly #lookUp: LookUp

  constructor(head: bigint, lookUp: LookUp) {
    this.#head = head
    this.#lookUp = lookUp
  }

  /** The entries without the ghost, if there is one among them. */
  async filter(entries: readonly Entry[]): Promise<readonly Entry[]> {
    const head = this.#head
    const last = entries.at(-1)
    if (head === undefined || last === undefined || last.number < head) return entries
    this.#head = undefined
    const doubtful = entries.find(({ number }) => number === head)
    if (doubtful === undefined) return entries
    const real = await this.#lookUp(head)
    return real !== undefined && sameEntry(real, doubtful) ? entries : entries.filter((entry) => entry !== doubtful)
  }
}

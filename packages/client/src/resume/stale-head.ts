import { type Entry, sameEntry } from '@datastreamer/format'
import type { LookUp } from './find-common.ts'

/**
 * Takes a stale head entry out of a stream that was just started. Some servers send an old or uncommitted entry there,
 * which lies in their file after the commit point; the real one of that number follows when it is committed.
 */
export class StaleHeadFilter {
  /** Number of the entry to check; `undefined` once that was done. */
  #head: bigint | undefined
  readonly #lookUp: LookUp

  constructor(head: bigint, lookUp: LookUp) {
    this.#head = head
    this.#lookUp = lookUp
  }

  /** The entries without the stale one, if it is among them. */
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

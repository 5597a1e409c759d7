import type { LogRun } from '@datastreamer/store/log'

/** Entries of a chunk, about: to look at each takes well below a tenth of a millisecond in all. */
const ENTRIES_A_CHUNK = 8192

/** How much is read at once for a reader whose chunks are looked at entry by entry: fewer bytes if entries are small. */
export class FilteredReads {
  #maxBytes: number

  /** @param firstBytes to read before it is known how large entries are */
  constructor(firstBytes: number) {
    this.#maxBytes = firstBytes
  }

  /** Most bytes to read next. */
  get maxBytes(): number {
    return this.#maxBytes
  }

  /** What was read last: entries are like those before them, mostly. */
  onRead({ bytes, number, next }: LogRun): void {
    this.#maxBytes = Math.ceil((ENTRIES_A_CHUNK * bytes.length) / (next.number - number))
  }
}

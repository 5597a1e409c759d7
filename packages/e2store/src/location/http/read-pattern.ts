/** Reads that follow each other. */
interface Run {
  /** Where the first one began, and the last one. */
  readonly origin: number
  start: number
  end: number
}

/** Columns of an archive that are read at the same time, and some. */
const MAX_RUNS = 8
/** Bytes that may be left out between two reads that follow each other. */
const MAX_SKIP = 4096
/** From so many bytes on, reads that follow each other are expected to go on. */
const LONG_RUN = 131_072
const FIRST_AHEAD = 262_144

/** Recognizes reads of a file that follow each other, in several parts of it at the same time. */
export class ReadPattern {
  readonly #maxAhead: number
  /** The most recent last. */
  readonly #runs: Run[] = []

  constructor(maxAhead: number) {
    this.#maxAhead = maxAhead
  }

  /**
   * How many bytes to read ahead after a read of `[start, end)`: none at first, then as many as were read one after the
   * other.
   */
  note(start: number, end: number): number {
    const at = this.#runs.findIndex((run) => start >= run.start && start <= run.end + MAX_SKIP)
    const run = this.#runs[at]
    if (run === undefined) {
      this.#runs.push({ origin: start, start, end })
      if (this.#runs.length > MAX_RUNS) this.#runs.shift()
      return 0
    }
    this.#runs.splice(at, 1)
    this.#runs.push(run)
    if (end > run.end) {
      run.start = start
      run.end = end
    }
    const length = run.end - run.origin
    return length < LONG_RUN ? 0 : Math.min(this.#maxAhead, Math.max(FIRST_AHEAD, length))
  }
}

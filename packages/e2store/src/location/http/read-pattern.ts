/** Reads that follow each other: the last one, and how many there were. */
interface Run {
  start: number
  end: number
  reads: number
}

/** Columns of an archive that are read at the same time, and some. */
const MAX_RUNS = 8
/** Bytes that may be left out between two reads that follow each other. */
const MAX_SKIP = 65_536
/** Read ahead at first. */
const FIRST_AHEAD = 262_144

/** Recognizes reads of a file that follow each other, in several parts of it at the same time. */
export class ReadPattern {
  readonly #maxAhead: number
  /** The most recent last. */
  readonly #runs: Run[] = []

  constructor(maxAhead: number) {
    this.#maxAhead = maxAhead
  }

  /** How many bytes to read ahead after a read of `[start, end)`: none until three follow each other, then more and more. */
  note(start: number, end: number): number {
    const at = this.#runs.findIndex((run) => start >= run.start && start <= run.end + MAX_SKIP)
    const run = this.#runs[at]
    if (run === undefined) {
      this.#runs.push({ start, end, reads: 0 })
      if (this.#runs.length > MAX_RUNS) this.#runs.shift()
      return 0
    }
    this.#runs.splice(at, 1)
    this.#runs.push(run)
    if (end > run.end) {
      run.start = start
      run.end = end
      run.reads++
    }
    return run.reads < 2 ? 0 : Math.min(this.#maxAhead, FIRST_AHEAD * 2 ** Math.min(run.reads - 2, 20))
  }
}

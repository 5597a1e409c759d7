import type { QuietGate } from './quiet-gate.ts'

/** One table of results, as it is printed and as it stands in the documentation. */
export interface Table {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** What has to be known to read it. */
  readonly note?: string | undefined
}

/** What a benchmark is given. */
export interface BenchContext {
  /** A folder of its own, removed afterwards. */
  readonly folder: string
  /** Small sizes and few rounds: to see that the benchmark works, not to measure. */
  readonly quick: boolean
  /** How often each thing is measured. */
  readonly rounds: number
  /** Folder of another checkout, built, to be measured against; see `--against`. */
  readonly against: string | undefined
  /** To wait at before each measurement. */
  readonly gate: QuietGate
  /** Say what is being done. */
  readonly log: (text: string) => void
}

export interface Benchmark {
  /** Its name on the command line, and of its section of the documentation. */
  readonly name: string
  readonly title: string
  /** The page in `docs` that its section is in (default `benchmarks.md`). */
  readonly document?: string | undefined
  /** Whether it is run only if there is something to measure against. */
  readonly needsAgainst?: boolean | undefined
  run(context: BenchContext): Promise<readonly Table[]>
}

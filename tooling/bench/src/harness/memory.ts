import { readFileSync } from 'node:fs'
import { mebibytes } from './format.ts'

const SAMPLE_MS = 50

/** Memory of a process over a run, in bytes. */
export interface MemoryUse {
  /** Before the first round. */
  readonly start: number
  /** Highest in the first quarter of the run, and in the last. */
  readonly early: number
  readonly late: number
  readonly peak: number
}

export const MEMORY_COLUMNS: readonly string[] = ['process', 'start', 'first quarter', 'last quarter', 'peak']

/** Samples the resident memory of processes, as Linux counts it; elsewhere there are no samples. */
export class MemoryWatch implements Disposable {
  readonly #pids: readonly number[]
  readonly #samples: number[][]
  readonly #timer: NodeJS.Timeout

  constructor(pids: readonly number[]) {
    this.#pids = process.platform === 'linux' ? pids : []
    this.#samples = this.#pids.map(() => [])
    this.#sample()
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS)
  }

  /** What each process used, in the order of the pids, as far as it is known. */
  get uses(): MemoryUse[] {
    this.#sample()
    return this.#samples.map((samples) => {
      const quarter = Math.ceil(samples.length / 4)
      return {
        start: samples[0] ?? 0,
        early: Math.max(...samples.slice(0, quarter)),
        late: Math.max(...samples.slice(-quarter)),
        peak: Math.max(...samples),
      }
    })
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #sample(): void {
    for (const [i, pid] of this.#pids.entries()) this.#samples[i]?.push(residentBytes(pid))
  }
}

/** A row of a table with {@link MEMORY_COLUMNS}. */
export function memoryRow(name: string, use: MemoryUse | undefined): string[] {
  return use === undefined ? [name] : [name, ...[use.start, use.early, use.late, use.peak].map(mebibytes)]
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}

import { readFileSync } from 'node:fs'
import { mebibytes } from './format.ts'

const SAMPLE_MS = 50

/** Memory of a process over a run, in bytes. */
export interface MemoryUse {
  readonly start: number
  readonly peak: number
  readonly end: number
}

/** Samples the resident memory of processes, as the system counts it (Linux). */
export class MemoryWatch implements Disposable {
  readonly #pids: readonly number[]
  readonly #samples: number[][]
  readonly #timer: NodeJS.Timeout

  constructor(pids: readonly number[]) {
    this.#pids = pids
    this.#samples = pids.map(() => [])
    this.#sample()
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS)
  }

  /** What each process used, in the order of the pids. */
  get uses(): MemoryUse[] {
    this.#sample()
    return this.#samples.map((samples) => ({
      start: samples[0] ?? 0,
      peak: Math.max(...samples),
      end: samples.at(-1) ?? 0,
    }))
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #sample(): void {
    for (const [i, pid] of this.#pids.entries()) this.#samples[i]?.push(residentBytes(pid))
  }
}

/** Cells of a table: start, peak, end. */
export function memoryCells(use: MemoryUse | undefined): string[] {
  return use === undefined ? [] : [use.start, use.peak, use.end].map(mebibytes)
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}

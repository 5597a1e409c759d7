import { eraOf } from '../trust/era.ts'
import type { HistoryFile } from './history-file.ts'

/** Blocks without a gap. */
export interface Run {
  /** First block. */
  readonly from: bigint
  /** Last block. */
  readonly to: bigint
}

/** Which files hold which blocks. */
export class Catalog {
  readonly #files: HistoryFile[] = []
  /** By era of 8192 blocks. */
  #byEra = new Map<number, HistoryFile[]>()
  #runs: readonly Run[] = []
  #newestFirst: readonly HistoryFile[] = []

  get files(): readonly HistoryFile[] {
    return this.#files
  }

  /** In order. */
  get runs(): readonly Run[] {
    return this.#runs
  }

  add(files: readonly HistoryFile[]): void {
    this.#files.push(...files)
    this.update()
  }

  /** Forget files. */
  remove(files: ReadonlySet<HistoryFile>): void {
    const kept = this.#files.filter((file) => !files.has(file))
    this.#files.splice(0, this.#files.length, ...kept)
    this.update()
  }

  /** Files changed what they hold, or were rejected. */
  update(): void {
    this.#byEra = new Map()
    const held = this.#files.filter(({ status }) => status !== 'rejected')
    held.sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))
    const runs: { from: bigint; to: bigint }[] = []
    for (const file of held) {
      for (let era = eraOf(file.from); era <= eraOf(file.to); era++) {
        const files = this.#byEra.get(era)
        if (files === undefined) this.#byEra.set(era, [file])
        else files.push(file)
      }
      const last = runs.at(-1)
      if (last === undefined || file.from > last.to + 1n) runs.push({ from: file.from, to: file.to })
      else if (file.to > last.to) last.to = file.to
    }
    this.#runs = runs
    this.#newestFirst = held.reverse()
  }

  /** The files that hold a block, the best first: with receipts, with proofs, already verified. */
  holding(number: bigint): HistoryFile[] {
    const files = this.#byEra.get(eraOf(number)) ?? []
    return files.filter((file) => file.holds(number)).sort((a, b) => rank(b) - rank(a))
  }

  /** Whether other files are preferred for the first and the last block of a file. */
  isDouble(file: HistoryFile): boolean {
    if (file.status === 'rejected') return false
    return [file.from, file.to].every((number) => this.holding(number)[0] !== file)
  }

  /** All files that can be used. */
  newestFirst(): readonly HistoryFile[] {
    return this.#newestFirst
  }

  /** The run of a block. */
  runOf(number: bigint): Run | undefined {
    let low = 0
    for (let high = this.#runs.length; low < high; ) {
      const middle = (low + high) >>> 1
      if ((this.#runs[middle] as Run).to < number) low = middle + 1
      else high = middle
    }
    const run = this.#runs[low]
    return run !== undefined && run.from <= number ? run : undefined
  }
}

function rank({ holdsReceipts, holdsProofs, status }: HistoryFile): number {
  return (holdsReceipts ? 4 : 0) + (status === 'trusted' || status === 'consistent' ? 2 : 0) + (holdsProofs ? 1 : 0)
}

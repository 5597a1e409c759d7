import { walkRun } from '@datastreamer/format'
import type { Generation } from '@datastreamer/sequencer-entries'

/** Consecutive entries of a history, as a record has them. */
export interface HistoryRun {
  /** Number of the first entry. */
  readonly first: bigint
  readonly count: number
  /** The entries, head and data, back to back. */
  readonly bytes: Uint8Array
  /** For each operation boundary: how many entries of the run stand before it, rising from 1 to `count`. */
  readonly boundaries: readonly number[]
  /** How the entries are encoded; `undefined`: not known. */
  readonly encoding: Generation | undefined
  /** Of the batch that is open before the first entry, as far as it is known. */
  readonly forkId: bigint | undefined
}

/** Number of the entry after the last. */
export function nextOf({ first, count }: HistoryRun): bigint {
  return first + BigInt(count)
}

/** The entries of a run from number `from` to before `to`, of which it has one at least. */
export function sliceRun(run: HistoryRun, from: bigint, to: bigint): HistoryRun {
  const skip = from > run.first ? Number(from - run.first) : 0
  const keep = (to < nextOf(run) ? Number(to - run.first) : run.count) - skip
  if (keep === run.count) return run
  const start = walkRun(run.bytes, 0, run.bytes.length, run.first, skip).end
  const first = run.first + BigInt(skip)
  const { end } = walkRun(run.bytes, start, run.bytes.length, first, keep)
  const boundaries = run.boundaries.map((count) => count - skip).filter((count) => count > 0 && count <= keep)
  // The fork id is of what stands before the record.
  const forkId = skip === 0 ? run.forkId : undefined
  return { ...run, first, count: keep, bytes: run.bytes.subarray(start, end), boundaries, forkId }
}

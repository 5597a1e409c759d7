import { viewOf, walkRun } from '@datastreamer/format'
import type { LogRun } from '@datastreamer/store/log'

export interface ChunkLimits {
  /** Bytes to take at most, but always at least one entry. */
  readonly maxBytes: number
  /** Number of the entry to stop before; beyond the first of the run. */
  readonly end: number
}

/** The first whole entries of a run, all of them if the limits allow. */
export function firstChunk(run: LogRun, { maxBytes, end }: ChunkLimits): LogRun {
  const { bytes, position, number, next } = run
  if (bytes.length <= maxBytes && next.number <= end) return run
  const view = viewOf(bytes)
  const first = BigInt(number)
  let chunk = walkRun(view, 0, Math.min(maxBytes, bytes.length), first, end - number)
  if (chunk.count === 0) chunk = walkRun(view, 0, bytes.length, first, 1)
  if (chunk.end === bytes.length) return run
  return {
    bytes: bytes.subarray(0, chunk.end),
    position,
    number,
    next: { position: position + chunk.end, number: number + chunk.count },
  }
}

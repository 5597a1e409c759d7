import { viewOf, walkRun } from '@datastreamer/format'
import type { LogPosition, LogRun } from '@datastreamer/store'
import { nextPageStart } from '@datastreamer/store'

export interface PartLimits {
  /** Bytes to take at most, but always at least one entry. */
  readonly maxBytes: number
  /** Number of the entry to stop before; beyond `from`. */
  readonly end: number
}

/** The first whole entries of the run that was read at `from`, all of them if the limits allow. */
export function firstPart(run: LogRun, from: LogPosition, { maxBytes, end }: PartLimits): LogRun {
  const { bytes, next } = run
  if (bytes.length <= maxBytes && next.number <= end) return run
  const view = viewOf(bytes)
  const number = BigInt(from.number)
  let part = walkRun(view, 0, Math.min(maxBytes, bytes.length), number, end - from.number)
  if (part.count === 0) part = walkRun(view, 0, bytes.length, number, 1)
  if (part.end === bytes.length) return run
  // A run lies in one page: the one of `from`, or the next if padding stands at `from`.
  const nextPage = nextPageStart(from.position)
  const start = next.position <= nextPage ? from.position : nextPage
  return {
    bytes: bytes.subarray(0, part.end),
    next: { position: start + part.end, number: from.number + part.count },
  }
}

import { ENTRY_HEAD_BYTES, PacketType } from '@datastreamer/format'
import type { CommitPoint } from './commit-point.ts'
import { nextPageStart, type PageBuffer, type PageBuffers } from './page-buffers.ts'
import type { LogPosition, LogRun } from './run-reader.ts'

/**
 * The run at a position, if its page is in memory and an entry of that number begins there: after a truncation there may be
 * none, or other entries.
 *
 * @param end where the log ends for the caller
 */
export function runInMemory(buffers: PageBuffers, from: LogPosition, end: CommitPoint): LogRun | undefined {
  const { position, number } = from
  const { totalLength, totalEntries } = end
  const page = buffers.holding(position)
  const nextStart = nextPageStart(position)
  const nextPage = buffers.holding(nextStart)
  if (page === undefined) {
    // The position is at the padding of a page that is not in memory.
    return nextPage?.firstNumber === number ? runInMemory(buffers, { position: nextStart, number }, end) : undefined
  }
  if (position >= totalLength) return undefined
  const { closedAt = totalLength } = page
  const isLast = closedAt >= totalLength
  if (!isLast && nextPage === undefined) return undefined
  if (!isLast && position >= closedAt) return runInMemory(buffers, { position: nextStart, number }, end)
  const entries = page.bytes.subarray(0, Math.min(closedAt, totalLength) - page.start)
  const at = position - page.start
  // Entries that do not follow what was before are left to the read from disk.
  if (!beginsEntry(page, at, entries.length, number)) return undefined
  const next =
    isLast || nextPage === undefined
      ? { position: totalLength, number: Number(totalEntries) }
      : { position: nextStart, number: nextPage.firstNumber }
  return { bytes: entries.subarray(at), position, number, next }
}

/** Whether entry `number` begins at byte `at` of a page that is in use up to byte `end`. */
function beginsEntry({ view }: PageBuffer, at: number, end: number, number: number): boolean {
  return (
    at + ENTRY_HEAD_BYTES <= end &&
    view.getUint8(at) === PacketType.entry &&
    view.getBigUint64(at + 9) === BigInt(number)
  )
}

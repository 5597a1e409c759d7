import { ENTRY_HEAD_BYTES, pageOf, pageStart, viewOf } from '@datastreamer/format'
import type { DiskFile } from '../disk/disk.ts'
import type { CommitPoint } from './commit-point.ts'
import { equalBytes } from './compare-page.ts'
import type { LastPage, PageBuffers } from './page-buffers.ts'
import { readBytes } from './run-reader.ts'

/**
 * The last whole entries before a commit point. Those of another history that end there differ, unless they are the same
 * entries with the same numbers: number and length of the last one are among the bytes, however large it is.
 */
export interface Ending {
  readonly position: number
  readonly bytes: Uint8Array
}

/** Least bytes of an ending, unless its page has fewer. */
const ENDING_BYTES = 4096

/** The ending at a commit point. @param page the last page; none if the log has no entries */
export function endingOf({ totalLength }: CommitPoint, page: Pick<LastPage, 'start' | 'bytes'> | undefined): Ending {
  if (page === undefined) return { position: totalLength, bytes: new Uint8Array() }
  const { start, bytes } = page
  const from = lastHead(bytes, bytes.length - ENDING_BYTES)
  return { position: start + from, bytes: bytes.slice(from) }
}

/** Start of the last entry that begins at or before `most`; of the first one, if there is none. */
function lastHead(entries: Uint8Array, most: number): number {
  const view = viewOf(entries)
  let head = 0
  for (let next = 0; next <= most && (entries[next] ?? 0) !== 0; ) {
    head = next
    // Anything shorter is not an entry.
    next += Math.max(view.getUint32(head + 1), ENTRY_HEAD_BYTES)
  }
  return head
}

/** The ending at a commit point, from memory, or from the file if its page is not in memory. @param base where the file begins */
export async function endingAt(
  file: DiskFile,
  path: string,
  point: CommitPoint,
  buffers: PageBuffers,
  base: CommitPoint,
): Promise<Ending> {
  const { totalLength } = point
  if (totalLength === base.totalLength) return endingOf(point, undefined)
  const page = buffers.endingAt(totalLength)
  if (page !== undefined) return endingOf(point, page)
  const start = pageStart(pageOf(totalLength - 1))
  return endingOf(point, { start, bytes: await readBytes(file, path, start, totalLength - start) })
}

/** Whether a file still has a known ending. */
export async function hasEnding(file: DiskFile, { position, bytes }: Ending): Promise<boolean> {
  if (bytes.length === 0) return true
  const found = new Uint8Array(bytes.length)
  const length = await file.read(found, position)
  return equalBytes(found.subarray(0, length), bytes)
}

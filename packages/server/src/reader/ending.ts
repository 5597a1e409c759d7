import { HEADER_PAGE_BYTES, pageOf, pageStart } from '@datastreamer/format'
import type { DiskFile } from '../disk/disk.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import type { PageBuffers } from '../log/page-buffers.ts'
import { readBytes } from '../log/run-reader.ts'
import { equalBytes } from './compare-page.ts'

/** The last bytes before a commit point: entries of other histories look different there, if only by their numbers. */
export interface Ending {
  readonly position: number
  readonly bytes: Uint8Array
}

/** Bytes of an ending, fewer where a page begins before. */
const ENDING_BYTES = 4096

/** The ending of a page's entries. @param start of the page */
export function endingOf(start: number, entries: Uint8Array): Ending {
  const bytes = entries.slice(-ENDING_BYTES)
  return { position: start + entries.length - bytes.length, bytes }
}

/** The ending at a commit point: from memory, or from the file where the page that ends there is not in memory. */
export async function endingAt(
  file: DiskFile,
  path: string,
  { totalLength }: CommitPoint,
  buffers: PageBuffers,
): Promise<Ending> {
  if (totalLength === HEADER_PAGE_BYTES) return endingOf(totalLength, new Uint8Array())
  const page = buffers.holding(totalLength - 1)
  if (page !== undefined) return endingOf(page.start, page.bytes.subarray(0, totalLength - page.start))
  const position = Math.max(pageStart(pageOf(totalLength - 1)), totalLength - ENDING_BYTES)
  return { position, bytes: await readBytes(file, path, position, totalLength - position) }
}

/** Whether a file still has the ending that is known, if one is. */
export async function hasEnding(file: DiskFile, ending: Ending | undefined): Promise<boolean> {
  const { position, bytes } = ending ?? endingOf(HEADER_PAGE_BYTES, new Uint8Array())
  if (bytes.length === 0) return true
  const found = new Uint8Array(bytes.length)
  const length = await file.read(found, position)
  return equalBytes(found.subarray(0, length), bytes)
}

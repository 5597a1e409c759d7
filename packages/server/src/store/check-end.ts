import {
  bytesLeftInPage,
  FormatError,
  HEADER_PAGE_BYTES,
  PAGE_BYTES,
  pageOf,
  pageStart,
  viewOf,
  walkRun,
} from '@datastreamer/format'
import type { DiskFile } from '../disk/disk.ts'
import { DamageError } from '../errors.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import { readBytes } from '../log/run-reader.ts'

/**
 * Check that the log can end at `point`: the last page opens with an entry, its entries follow each other up to
 * `totalLength`, and the next number is `totalEntries`. Reads one page.
 *
 * @throws {DamageError} naming what does not fit
 */
export async function checkEnd(file: DiskFile, path: string, point: CommitPoint): Promise<void> {
  const { totalLength, totalEntries } = point
  const size = await file.size()
  if (totalLength < HEADER_PAGE_BYTES || totalLength > size) {
    const detail = `totalLength ${totalLength}, the file has ${size} bytes`
    throw new DamageError('LENGTH_PAST_END', detail, { file: path, position: Math.min(totalLength, size) })
  }
  const first = totalLength === HEADER_PAGE_BYTES ? undefined : await firstOfLastPage(file, path, totalLength)
  const count = first === undefined ? 0 : await countEntries(file, path, totalLength, first)
  const end = (first ?? 0n) + BigInt(count)
  if (end !== totalEntries) {
    const detail = `totalEntries ${totalEntries}, but the entries end with ${end === 0n ? 'none' : `number ${end - 1n}`}`
    throw new DamageError('ENTRIES_MISMATCH', detail, { file: path, position: totalLength, entryNumber: end })
  }
}

/** The number that the last page must open with if it is the only one, else the one that it opens with. */
async function firstOfLastPage(file: DiskFile, path: string, totalLength: number): Promise<bigint> {
  const position = pageStart(pageOf(totalLength - 1))
  const head = await readBytes(file, path, position, Math.min(17, totalLength - position))
  const place = { file: path, position }
  if (head.length < 17) throw new DamageError('LENGTH_NOT_AT_ENTRY_END', `totalLength ${totalLength}`, place)
  if (head[0] !== 2)
    throw new DamageError('BAD_PACKET', `packet type ${head[0]}, a page opens with an entry (2)`, place)
  return position === HEADER_PAGE_BYTES ? 0n : viewOf(head).getBigUint64(9)
}

async function countEntries(file: DiskFile, path: string, totalLength: number, first: bigint): Promise<number> {
  const position = pageStart(pageOf(totalLength - 1))
  const bytes = await readBytes(file, path, position, totalLength - position)
  try {
    const run = walkRun(viewOf(bytes), 0, bytes.length, first)
    // Whoever truncates at the entry that opens a page may leave the padding before it.
    const isPageEnd = run.stop === 'padding' && bytesLeftInPage(totalLength) === PAGE_BYTES
    if (run.stop === 'end' || isPageEnd) return run.count
    const code = run.stop === 'padding' ? 'PADDING' : 'LENGTH_NOT_AT_ENTRY_END'
    const detail = run.stop === 'padding' ? 'padding before totalLength' : `totalLength ${totalLength} inside an entry`
    throw new DamageError(code, detail, {
      file: path,
      position: position + run.end,
      entryNumber: first + BigInt(run.count),
    })
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    const before = walkRun(viewOf(bytes), 0, error.offset, first).count
    throw DamageError.from(error, { file: path, position, entryNumber: first + BigInt(before) })
  }
}

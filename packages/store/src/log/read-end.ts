import {
  ENTRY_HEAD_BYTES,
  FormatError,
  HEADER_PAGE_BYTES,
  PAGE_BYTES,
  PacketType,
  pageOf,
  pageStart,
  viewOf,
  walkRun,
} from '@datastreamer/format'
import type { DiskFile } from '../disk/disk.ts'
import { type CommitPoint, START } from './commit-point.ts'
import { DamageError } from './damage-error.ts'
import type { LastPage } from './page-buffers.ts'
import { readBytes } from './run-reader.ts'

/**
 * Read the page in which the log ends, and check that it can end at `point`: the page opens with an entry, its entries follow
 * each other up to `totalLength`, and the next number is `totalEntries`.
 *
 * @param base where the file begins
 * @returns the page up to `point`; `undefined` if the file has no entries
 * @throws {DamageError} that says what does not match
 */
export async function readEnd(
  file: DiskFile,
  path: string,
  point: CommitPoint,
  base: CommitPoint = START,
): Promise<LastPage | undefined> {
  const { totalLength, totalEntries } = point
  const size = await file.size()
  if (totalLength < base.totalLength || totalLength > size) {
    const begins = base.totalLength > HEADER_PAGE_BYTES ? ` and begins at byte ${base.totalLength}` : ''
    const detail = `totalLength ${totalLength}, the file has ${size} bytes${begins}`
    throw new DamageError('LENGTH_PAST_END', detail, { file: path, position: Math.min(totalLength, size) })
  }
  const page = totalLength === base.totalLength ? undefined : await readLastPage(file, path, totalLength, base)
  const end = page === undefined ? base.totalEntries : BigInt(page.firstNumber + countEntries(path, page))
  if (end !== totalEntries) {
    const detail = `totalEntries ${totalEntries}, but the entries end with ${end === 0n ? 'none' : `number ${end - 1n}`}`
    throw new DamageError('ENTRIES_MISMATCH', detail, { file: path, position: totalLength, entryNumber: end })
  }
  return page
}

async function readLastPage(file: DiskFile, path: string, totalLength: number, base: CommitPoint): Promise<LastPage> {
  const start = pageStart(pageOf(totalLength - 1))
  const bytes = await readBytes(file, path, start, totalLength - start)
  const location = { file: path, position: start }
  if (bytes.length < ENTRY_HEAD_BYTES)
    throw new DamageError('LENGTH_NOT_AT_ENTRY_END', `totalLength ${totalLength}`, location)
  if (bytes[0] !== PacketType.entry)
    throw new DamageError('BAD_PACKET', `packet type ${bytes[0]}, a page opens with an entry (2)`, location)
  const isFirst = start === base.totalLength
  const firstNumber = isFirst ? Number(base.totalEntries) : Number(viewOf(bytes).getBigUint64(9))
  return { start, firstNumber, bytes }
}

function countEntries(path: string, { start, firstNumber, bytes }: LastPage): number {
  const first = BigInt(firstNumber)
  try {
    const run = walkRun(bytes, 0, bytes.length, first)
    // A truncation at the first entry of a page may leave the padding before it.
    const isPageEnd = run.stop === 'padding' && bytes.length === PAGE_BYTES
    if (run.stop === 'end' || isPageEnd) return run.count
    const code = run.stop === 'padding' ? 'PADDING' : 'LENGTH_NOT_AT_ENTRY_END'
    const detail =
      run.stop === 'padding' ? 'padding before totalLength' : `totalLength ${start + bytes.length} inside an entry`
    throw new DamageError(code, detail, {
      file: path,
      position: start + run.end,
      entryNumber: first + BigInt(run.count),
    })
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    const before = walkRun(bytes, 0, error.offset, first).count
    throw DamageError.from(error, { file: path, position: start, entryNumber: first + BigInt(before) })
  }
}

import { crc32 } from 'node:zlib'
import { PAGE_BYTES, viewOf, walkRun } from '@datastreamer/format'
import type { DiskFile } from '../disk/disk.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import { comparePage, type KnownPage } from '../log/compare-page.ts'
import type { PageBuffers } from '../log/page-buffers.ts'
import type { PageTrace, PageTrail } from './page-trail.ts'

/** A log as it was read from a file that another program writes. */
export interface KnownLog {
  readonly file: DiskFile
  /** Where the file begins. */
  readonly base: CommitPoint
  /** Where it ends. */
  readonly point: CommitPoint
  readonly buffers: PageBuffers
  readonly trail: PageTrail
}

/** How much of a file is still the same. */
export interface CommonStart {
  readonly point: CommitPoint
  /** The page in which that ends, up to there; `undefined` if nothing is the same. */
  readonly last: KnownPage | undefined
}

/**
 * Find how much of a log is still the same in its file, which another program has written since, up to `point`: to the entry
 * if that is in memory, otherwise to the page.
 *
 * A rewrite replaces everything from one position on. So not all pages are compared: after the first that differs all are
 * assumed to differ.
 */
export async function findCommonStart(known: KnownLog, point: CommitPoint): Promise<CommonStart> {
  const pages = knownPages(known)
  for (const [i, page] of pages.entries()) {
    const [change] = comparePage(page, await readFound(known.file, page, point.totalLength))
    if (change === undefined) continue
    if (change.offset > 0) return commonStart(page, change.offset, change.number)
    const before = pages[i - 1]
    return before === undefined ? searchTrail(known, point) : commonStart(before)
  }
  const last = pages.at(-1)
  return last === undefined ? searchTrail(known, point) : commonStart(last)
}

/** The pages in memory, oldest first. */
export function knownPages({ point, buffers }: Pick<KnownLog, 'point' | 'buffers'>): readonly KnownPage[] {
  return buffers.all.map(({ start, bytes, firstNumber, closedAt }, i) => ({
    start,
    bytes: bytes.subarray(0, (closedAt ?? point.totalLength) - start),
    firstNumber,
    endNumber: buffers.all[i + 1]?.firstNumber ?? Number(point.totalEntries),
    isClosed: closedAt !== undefined,
  }))
}

/** What a file has at the position of a page, up to `end`. */
export async function readFound(
  file: DiskFile,
  { start, bytes, isClosed }: KnownPage,
  end: number,
): Promise<Uint8Array> {
  const length = Math.min(bytes.length + (isClosed ? 1 : 0), PAGE_BYTES, end - start)
  return length <= 0 ? new Uint8Array() : read(file, start, length)
}

/** Binary search for the first page that differs. */
async function searchTrail({ file, base, buffers, trail }: KnownLog, point: CommitPoint): Promise<CommonStart> {
  const end = Math.min(buffers.all[0]?.start ?? Number.POSITIVE_INFINITY, point.totalLength)
  let low = 0
  let high = trail.pages.length
  while (high > 0 && (trail.pages[high - 1]?.start ?? 0) >= end) high--
  // A truncation alone leaves all pages as they are.
  for (let page = high - 1; low < high; page = Math.floor((low + high) / 2)) {
    if ((await readTraced(file, trail.pages[page])) === undefined) high = page
    else low = page + 1
  }
  const last = await readTraced(file, trail.pages[low - 1])
  if (last === undefined) return { point: base, last: undefined }
  if (point.totalLength >= last.start + last.bytes.length) return commonStart(last)
  // Up to a whole entry: the header that was checked may be of another history than this page.
  const { end: length, count } = walkRun(
    viewOf(last.bytes),
    0,
    point.totalLength - last.start,
    BigInt(last.firstNumber),
  )
  return commonStart(last, length, last.firstNumber + count)
}

/** A page as it was scanned, even after the file's commit point; `undefined` if it has changed. */
async function readTraced(file: DiskFile, trace: PageTrace | undefined): Promise<KnownPage | undefined> {
  if (trace === undefined) return undefined
  const bytes = await read(file, trace.start, trace.length)
  return crc32(bytes) === trace.checksum ? { ...trace, bytes, isClosed: false } : undefined
}

function commonStart(page: KnownPage, length = page.bytes.length, number = page.endNumber): CommonStart {
  const point = { totalLength: page.start + length, totalEntries: BigInt(number) }
  return { point, last: { ...page, bytes: page.bytes.subarray(0, length), endNumber: number } }
}

/** The bytes that are there, which may be fewer. */
async function read(file: DiskFile, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  return bytes.subarray(0, await file.read(bytes, position))
}

import { crc32 } from 'node:zlib'
import { PAGE_BYTES, pageStart, viewOf, walkRun } from '@datastreamer/format'
import type { DiskFile } from '../disk/disk.ts'
import { type CommitPoint, START } from '../log/commit-point.ts'
import { comparePage, type KnownPage } from '../log/compare-page.ts'
import type { PageBuffers } from '../log/page-buffers.ts'
import type { PageTrace, PageTrail } from './page-trail.ts'

/** What is known of a log whose file another program writes. */
export interface KnownLog {
  readonly file: DiskFile
  /** Up to where it is known. */
  readonly point: CommitPoint
  readonly buffers: PageBuffers
  readonly trail: PageTrail
}

/** Up to where a file still is what is known of it. */
export interface CommonPart {
  readonly point: CommitPoint
  /** The page in which that ends, up to there; `undefined` if nothing is in common. */
  readonly last: KnownPage | undefined
}

/**
 * Find where the histories part: of a file as it is known, and as another program wrote it since, up to `point`. To the entry
 * where that is in memory, otherwise to the page.
 *
 * Whoever writes a file anew does so from one place on. So pages are not compared one by one: from the first that differs on
 * all are taken to differ.
 */
export async function findParting(known: KnownLog, point: CommitPoint): Promise<CommonPart> {
  const pages = knownPages(known)
  for (const [i, page] of pages.entries()) {
    const [change] = comparePage(page, await readFound(known.file, page, point.totalLength))
    if (change === undefined) continue
    if (change.offset > 0) return commonPart(page, change.offset, change.number)
    const before = pages[i - 1]
    return before === undefined ? partInTrail(known, point) : commonPart(before)
  }
  const last = pages.at(-1)
  return last === undefined ? partInTrail(known, point) : commonPart(last)
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

/** What a file has in the place of a page, up to `end`. */
export async function readFound(
  file: DiskFile,
  { start, bytes, isClosed }: KnownPage,
  end: number,
): Promise<Uint8Array> {
  const length = Math.min(bytes.length + (isClosed ? 1 : 0), PAGE_BYTES, end - start)
  return length <= 0 ? new Uint8Array() : read(file, start, length)
}

/** Binary search for the first page that differs. */
async function partInTrail({ file, buffers, trail }: KnownLog, point: CommitPoint): Promise<CommonPart> {
  const end = Math.min(buffers.all[0]?.start ?? Number.POSITIVE_INFINITY, point.totalLength)
  let low = 0
  let high = trail.pages.length
  while (high > 0 && pageStart(high - 1) >= end) high--
  // A truncation alone leaves all as it is.
  for (let page = high - 1; low < high; page = Math.floor((low + high) / 2)) {
    if ((await readTraced(file, trail.pages[page])) === undefined) high = page
    else low = page + 1
  }
  const last = await readTraced(file, trail.pages[low - 1])
  if (last === undefined) return { point: START, last: undefined }
  if (point.totalLength >= last.start + last.bytes.length) return commonPart(last)
  // Up to a whole entry: what the file ended with when its header was checked may be another history's than this page.
  const { end: length, count } = walkRun(
    viewOf(last.bytes),
    0,
    point.totalLength - last.start,
    BigInt(last.firstNumber),
  )
  return commonPart(last, length, last.firstNumber + count)
}

/** A page as it was scanned, also beyond the file's commit point; `undefined` if it no longer is that. */
async function readTraced(file: DiskFile, trace: PageTrace | undefined): Promise<KnownPage | undefined> {
  if (trace === undefined) return undefined
  const bytes = await read(file, trace.start, trace.length)
  return crc32(bytes) === trace.checksum ? { ...trace, bytes, isClosed: false } : undefined
}

function commonPart(page: KnownPage, length = page.bytes.length, number = page.endNumber): CommonPart {
  const point = { totalLength: page.start + length, totalEntries: BigInt(number) }
  return { point, last: { ...page, bytes: page.bytes.subarray(0, length), endNumber: number } }
}

/** The bytes that are there, which may be fewer. */
async function read(file: DiskFile, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  return bytes.subarray(0, await file.read(bytes, position))
}

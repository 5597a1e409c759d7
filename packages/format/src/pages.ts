import { HEADER_PAGE_BYTES, PAGE_BYTES } from './constants.ts'

/** Number, from 0, of the data page that holds the byte at `position`. */
export function pageOf(position: number): number {
  return Math.floor((position - HEADER_PAGE_BYTES) / PAGE_BYTES)
}

/** Position of a data page's first byte. */
export function pageStart(page: number): number {
  return HEADER_PAGE_BYTES + page * PAGE_BYTES
}

/** Bytes from `position` to the end of its page: a whole page where a page begins. */
export function bytesLeftInPage(position: number): number {
  return PAGE_BYTES - ((position - HEADER_PAGE_BYTES) % PAGE_BYTES)
}

/**
 * Where an entry of `length` bytes will lie if the file is in use up to `position`: there, or at the next page if what
 * is left of this one is too short. docs/spec/stream-file.md §3.
 */
export function placeEntry(position: number, length: number): number {
  const left = bytesLeftInPage(position)
  return length <= left ? position : position + left
}

/** Number of data pages of a file in use up to `totalLength`. */
export function pagesInUse(totalLength: number): number {
  return Math.ceil((totalLength - HEADER_PAGE_BYTES) / PAGE_BYTES)
}

/** Whether a file of `size` bytes is a header page and whole data pages. */
export function isWholePages(size: number): boolean {
  return size >= HEADER_PAGE_BYTES && (size - HEADER_PAGE_BYTES) % PAGE_BYTES === 0
}

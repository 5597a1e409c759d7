import { crc32 } from 'node:zlib'
import { pageOf, pageStart } from '@datastreamer/format'
import type { ScanWitness } from '../bookmarks/follow-log.ts'
import { type CommitPoint, START } from '../log/commit-point.ts'
import type { LogRun } from '../log/run-reader.ts'

/** What a page held when it was scanned for bookmarks. */
export interface PageTrace {
  /** Position of the page. */
  readonly start: number
  /** Bytes of its entries, without padding. */
  readonly length: number
  /** CRC-32 of these. */
  readonly checksum: number
  readonly firstNumber: number
  /** Number after that of its last entry. */
  readonly endNumber: number
}

/**
 * Checksums of the pages from the start of a file, as they were when their bookmarks were put into the index: some 100 bytes
 * for each MiB. They show how much of a file that another program has rewritten is still the same.
 */
export class PageTrail implements ScanWitness {
  readonly #pages: PageTrace[] = []
  /** Where the file begins. */
  #base: CommitPoint

  constructor(base: CommitPoint = START) {
    this.#base = base
  }

  /** Pages from the start, without gaps. The last one may be incomplete. */
  get pages(): readonly PageTrace[] {
    return this.#pages
  }

  get entries(): number {
    return this.#pages.at(-1)?.endNumber ?? Number(this.#base.totalEntries)
  }

  add({ bytes, position, number, next }: LogRun): void {
    const endNumber = next.number
    if (number !== this.entries) return
    const last = this.#pages.at(-1)
    const start = pageStart(pageOf(position))
    if (last?.start === start) {
      if (position !== start + last.length) return
      const length = last.length + bytes.length
      this.#pages[this.#pages.length - 1] = { ...last, length, checksum: crc32(bytes, last.checksum), endNumber }
    } else if (position === start && start === this.#nextStart) {
      this.#pages.push({ start, length: bytes.length, checksum: crc32(bytes), firstNumber: number, endNumber })
    }
  }

  /** The entries of a page were updated in place. @param bytes of the page, at least up to where it was scanned */
  renew(start: number, bytes: Uint8Array): void {
    const index = this.#indexOf(start)
    const trace = this.#pages[index]
    if (trace !== undefined) this.#pages[index] = { ...trace, checksum: crc32(bytes.subarray(0, trace.length)) }
  }

  /** Forget the page of the byte at `position`, and those after it. */
  forgetFrom(position: number): void {
    const kept = Math.max(0, this.#indexOf(position))
    if (kept < this.#pages.length) this.#pages.length = kept
  }

  /** The file begins later: forget the pages before that. */
  beginAt(base: CommitPoint): void {
    this.#pages.splice(0, this.#indexOf(base.totalLength))
    this.#base = base
  }

  #indexOf(position: number): number {
    return pageOf(position) - pageOf(this.#base.totalLength)
  }

  get #nextStart(): number {
    return pageStart(pageOf(this.#base.totalLength) + this.#pages.length)
  }
}

import { bytesLeftInPage, HEADER_PAGE_BYTES, invariant, PAGE_BYTES, pageOf, pageStart } from '@datastreamer/format'
import type { SharedPage } from './log-update.ts'

/** Pages that are kept in memory for readers, unless options say otherwise. */
export const TAIL_PAGES = 16

/**
 * A data page in memory, as it is in the file. Its committed bytes are whole entries: encoded here, or walked when they were
 * read from the file.
 */
export interface PageBuffer {
  /** Position of the page's first byte in the file. */
  readonly start: number
  /** Borrowed by readers up to the commit point; only bytes after that may change. */
  bytes: Uint8Array
  view: DataView
  /** Number of the entry that the page opens with. */
  readonly firstNumber: number
  /** End of the page's last entry, once nothing more is added to the page. */
  readonly closedAt: number | undefined
}

/** The page in which a log ends, up to that end. */
export interface LastPage {
  /** Position of the page's first byte in the file. */
  readonly start: number
  /** Number of the entry that the page opens with. */
  readonly firstNumber: number
  /** Whole entries from its first byte on, possibly followed by padding. */
  readonly bytes: Uint8Array
}

interface Page extends PageBuffer {
  closedAt: number | undefined
}

/**
 * The last pages of the log, in memory: those being written, and the newest written ones.
 *
 * Invariants: they are consecutive whole pages of the file; each opens with a later entry than the one before; all but the
 * last are closed.
 */
export class PageBuffers {
  readonly #pages: Page[] = []
  #isShared = false

  /** The page that holds the byte at `position`, if it is in memory. */
  holding(position: number): PageBuffer | undefined {
    return this.#pages[this.#indexOf(position)]
  }

  /** All pages, in order. */
  get all(): readonly PageBuffer[] {
    return this.#pages
  }

  get last(): PageBuffer | undefined {
    return this.#pages.at(-1)
  }

  /** Open the page that begins at `start`, right after the last one. */
  open(start: number, firstNumber: number): PageBuffer {
    const { last } = this
    invariant(start >= HEADER_PAGE_BYTES && start === pageStart(pageOf(start)), 'a page begins where none does')
    invariant(last === undefined || start === last.start + PAGE_BYTES, 'a page does not follow the last one')
    invariant(last === undefined || firstNumber > last.firstNumber, 'a page opens with an entry of an earlier one')
    invariant(last === undefined || last.closedAt !== undefined, 'a page follows one that is open')
    const bytes = this.#newMemory()
    const page = { start, bytes, view: new DataView(bytes.buffer), firstNumber, closedAt: undefined }
    this.#pages.push(page)
    return page
  }

  /** Keep the pages in memory that other threads can read, from now on. */
  share(): void {
    this.#isShared = true
    for (const page of this.#pages) this.#shareMemoryOf(page)
  }

  /**
   * Take over pages of another thread, or what has become of them, of a log that ends at `totalLength`. Pages that do not lead
   * there are forgotten.
   */
  adopt(pages: readonly SharedPage[], totalLength: number): void {
    for (const { start, firstNumber, closedAt, memory } of pages) {
      const bytes = new Uint8Array(memory)
      const known = this.#pages[this.#indexOf(start)]
      if (known !== undefined) Object.assign(known, { bytes, view: new DataView(memory), closedAt })
      else {
        const { last } = this
        if (last?.closedAt === undefined || start !== last.start + PAGE_BYTES) this.clear()
        this.#pages.push({ start, firstNumber, closedAt, bytes, view: new DataView(memory) })
      }
    }
    if (this.last !== undefined && totalLength > this.last.start + PAGE_BYTES) this.clear()
  }

  /** Close the last page, whose entries end at `position`. */
  closeLast(position: number): void {
    const page = this.#pages.at(-1)
    invariant(
      page !== undefined && position > page.start && position <= page.start + PAGE_BYTES,
      'a page is closed elsewhere',
    )
    page.closedAt = position
  }

  /** Forget all pages. */
  clear(): void {
    this.#pages.length = 0
  }

  /** The page in which a log that ends at `totalLength` ends, if it is in memory. */
  endingAt(totalLength: number): LastPage | undefined {
    const page = this.holding(totalLength - 1)
    return (
      page && {
        start: page.start,
        firstNumber: page.firstNumber,
        bytes: page.bytes.subarray(0, totalLength - page.start),
      }
    )
  }

  /** Make the page in which the log ends at `totalLength` the only one; keep none, if a page ends there. */
  restart(totalLength: number, page: LastPage | undefined): void {
    this.clear()
    if (page === undefined || bytesLeftInPage(totalLength) === PAGE_BYTES) return
    this.open(page.start, page.firstNumber).bytes.set(page.bytes)
  }

  /**
   * Write to the page that holds `position`, in new memory, since readers have borrowed the old one.
   *
   * @param kept a page that was forgotten, but returns if an operation is rolled back
   */
  overwrite(position: number, bytes: Uint8Array, kept: PageBuffer | undefined): void {
    for (const page of new Set([this.holding(position), kept])) {
      if (page === undefined || position < page.start || position >= page.start + PAGE_BYTES) continue
      this.#renewMemoryOf(page)
      page.bytes.set(bytes, position - page.start)
    }
  }

  /** Forget the pages that end at or before `position`, but keep the newest `keep`. */
  forgetUpTo(position: number, keep: number): void {
    const whole = Math.min(this.#indexOf(position), this.#pages.length - keep)
    if (whole > 0) this.#pages.splice(0, whole)
  }

  /** Make `page` the last one, open again; or forget all, if there is none. */
  dropAfter(page: PageBuffer | undefined): void {
    if (page === undefined) {
      this.clear()
      return
    }
    const index = this.#pages.indexOf(page)
    const [first] = this.#pages
    // The files may have been reopened since, and the page read from them.
    invariant(index >= 0 || first === undefined || page.start <= first.start, 'a page comes back after others')
    if (index >= 0) this.#pages.length = index + 1
    else this.#pages.splice(0, this.#pages.length, page)
    if (this.#isShared) this.#shareMemoryOf(page)
    const reopened: Page = page
    reopened.closedAt = undefined
  }

  /** The bytes from `from` to `to`, a chunk for each page; all must be in memory. */
  *chunks(from: number, to: number): Generator<Uint8Array> {
    for (let at = from; at < to; ) {
      const page = this.holding(at)
      invariant(page !== undefined, `byte ${at} is not in memory`)
      const end = Math.min(to, page.start + PAGE_BYTES)
      yield page.bytes.subarray(at - page.start, end - page.start)
      at = end
    }
  }

  #newMemory(): Uint8Array {
    return this.#isShared ? new Uint8Array(new SharedArrayBuffer(PAGE_BYTES)) : new Uint8Array(PAGE_BYTES)
  }

  #shareMemoryOf(page: PageBuffer): void {
    if (!(page.bytes.buffer instanceof SharedArrayBuffer)) this.#renewMemoryOf(page)
  }

  #renewMemoryOf(page: PageBuffer): void {
    const bytes = this.#newMemory()
    bytes.set(page.bytes)
    page.bytes = bytes
    page.view = new DataView(bytes.buffer)
  }

  #indexOf(position: number): number {
    const first = this.#pages[0]
    return first === undefined ? -1 : pageOf(position) - pageOf(first.start)
  }
}

/** Position of the page after the one that holds `position`. */
export function nextPageStart(position: number): number {
  return pageStart(pageOf(position) + 1)
}

/** Position of the first page that is not full at `position`. */
export function startOfOpenPage(position: number): number {
  return position + bytesLeftInPage(position) - PAGE_BYTES
}

import { bytesLeftInPage, PAGE_BYTES, pageOf, pageStart } from '@datastreamer/format'

/**
 * A data page in memory, laid out as it is in the file. What is committed of it are whole entries: laid out here, or walked
 * by who brought them from the file.
 */
export interface PageBuffer {
  /** Position of the page's first byte in the file. */
  readonly start: number
  /** Borrowed by readers up to what is committed; only bytes behind that may change. */
  bytes: Uint8Array
  view: DataView
  /** Number of the entry that the page opens with. */
  readonly firstNumber: number
  /** Position behind the page's last entry, once the next page was opened. */
  closedAt: number | undefined
}

/** The page in which a log ends, up to there. */
export interface LastPage {
  /** Position of the page's first byte in the file. */
  readonly start: number
  /** Number of the entry that the page opens with. */
  readonly firstNumber: number
  /** Whole entries from its first byte on, padding at most behind. */
  readonly bytes: Uint8Array
}

/** Consecutive pages at the end of the log: what is being written, and the newest of what was. */
export class PageBuffers {
  readonly #pages: PageBuffer[] = []

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

  /** Open the page that begins at `start`; it must follow the last one. */
  open(start: number, firstNumber: number): PageBuffer {
    const bytes = new Uint8Array(PAGE_BYTES)
    const page = { start, bytes, view: new DataView(bytes.buffer), firstNumber, closedAt: undefined }
    this.#pages.push(page)
    return page
  }

  /** Forget all pages. */
  clear(): void {
    this.#pages.length = 0
  }

  /** The page in which the log ends if it ends at `totalLength`, if it is in memory. */
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

  /** Make the page in which the log ends at `totalLength` the only one; none, if a page ends there. */
  restart(totalLength: number, page: LastPage | undefined): void {
    this.clear()
    if (page === undefined || bytesLeftInPage(totalLength) === PAGE_BYTES) return
    this.open(page.start, page.firstNumber).bytes.set(page.bytes)
  }

  /**
   * Give the page that holds `position` memory of its own, apart from what readers have borrowed, and write to it.
   *
   * @param kept a page that was forgotten, but comes back if an operation is taken back
   */
  overwrite(position: number, bytes: Uint8Array, kept: PageBuffer | undefined): void {
    for (const page of new Set([this.holding(position), kept])) {
      if (page === undefined || position < page.start || position >= page.start + PAGE_BYTES) continue
      page.bytes = page.bytes.slice()
      page.view = new DataView(page.bytes.buffer)
      page.bytes.set(bytes, position - page.start)
    }
  }

  /** Forget the pages that end at or before `position`, but keep the newest `keep`. */
  forgetUpTo(position: number, keep: number): void {
    const whole = Math.min(this.#indexOf(position), this.#pages.length - keep)
    if (whole > 0) this.#pages.splice(0, whole)
  }

  /** Make `page` the last one, open again; or forget all, if there is none. */
  cutBehind(page: PageBuffer | undefined): void {
    if (page === undefined) {
      this.clear()
      return
    }
    const index = this.#pages.indexOf(page)
    if (index >= 0) this.#pages.length = index + 1
    else this.#pages.splice(0, this.#pages.length, page)
    page.closedAt = undefined
  }

  /** The bytes from `from` to `to`, page by page; all of them must be in memory. */
  *pieces(from: number, to: number): Generator<Uint8Array> {
    for (let at = from; at < to; ) {
      const page = this.holding(at)
      if (page === undefined) throw new RangeError(`byte ${at} is not in memory`)
      const end = Math.min(to, page.start + PAGE_BYTES)
      yield page.bytes.subarray(at - page.start, end - page.start)
      at = end
    }
  }

  #indexOf(position: number): number {
    const first = this.#pages[0]
    return first === undefined ? -1 : pageOf(position) - pageOf(first.start)
  }
}

/** Position of the page that follows the one that holds `position`. */
export function nextPageStart(position: number): number {
  return pageStart(pageOf(position) + 1)
}

/** Position of the first page that is not full at `position`. */
export function startOfOpenPage(position: number): number {
  return position + bytesLeftInPage(position) - PAGE_BYTES
}

import { ENTRY_HEAD_BYTES, PAGE_BYTES, PacketType } from '@datastreamer/format'
import { type PageBuffer, type PageBuffers, startOfOpenPage } from '../log/page-buffers.ts'
import type { LogPosition } from '../log/run-reader.ts'

/** A position to which the buffer can be rolled back. */
export interface Mark extends LogPosition {
  /** The page that the last entry before it lies in, if it is in memory. */
  readonly page: PageBuffer | undefined
}

/** Where entries are encoded in memory, as they will lie in the file. docs/spec/stream-file.md §3. */
export class AppendBuffer {
  readonly #buffers: PageBuffers
  #page: PageBuffer | undefined
  #position: number
  #number: number
  /** The last mark that was asked for: operations begin where others ended. */
  #mark: Mark | undefined

  /** @param end the end of the log; if it stands inside a page, that is the last page of `buffers` */
  constructor(buffers: PageBuffers, end: LogPosition) {
    this.#buffers = buffers
    this.#page = buffers.last
    this.#position = end.position
    this.#number = end.number
  }

  /** The place after the last entry. */
  get end(): Mark {
    if (this.#mark?.position !== this.#position || this.#mark.page !== this.#page) {
      this.#mark = { position: this.#position, number: this.#number, page: this.#page }
    }
    return this.#mark
  }

  /** Where the first page begins that is not full. */
  get openPage(): LogPosition {
    const position = startOfOpenPage(this.#position)
    const number = position === this.#position ? this.#number : (this.#page?.firstNumber ?? this.#number)
    return { position, number }
  }

  get position(): number {
    return this.#position
  }

  /** Append one entry, which must fit into a page; returns its number. */
  add(type: number, data: Uint8Array): number {
    const length = ENTRY_HEAD_BYTES + data.length
    const page = this.#pageFor(length)
    const at = this.#position - page.start
    const number = this.#number
    const { view } = page
    view.setUint8(at, PacketType.entry)
    view.setUint32(at + 1, length)
    view.setUint32(at + 5, type)
    view.setUint32(at + 9, Math.floor(number / 0x1_0000_0000))
    view.setUint32(at + 13, number >>> 0)
    page.bytes.set(data, at + ENTRY_HEAD_BYTES)
    this.#position += length
    this.#number = number + 1
    return number
  }

  /** Remove all that was appended after a position. */
  rewind({ position, number, page }: Mark): void {
    this.#buffers.dropAfter(page)
    this.#page = page
    this.#position = position
    this.#number = number
  }

  /** Go on elsewhere; the pages in memory are those that lead there. */
  moveTo({ position, number }: LogPosition): void {
    this.#page = this.#buffers.last
    this.#position = position
    this.#number = number
  }

  #pageFor(length: number): PageBuffer {
    const page = this.#page
    if (page !== undefined) {
      const left = page.start + PAGE_BYTES - this.#position
      if (length <= left) return page
      // What an operation that was rolled back left behind is no padding.
      page.bytes.fill(0, PAGE_BYTES - left)
      this.#buffers.closeLast(this.#position)
      this.#position += left
    }
    this.#page = this.#buffers.open(this.#position, this.#number)
    return this.#page
  }
}

import { ENTRY_HEAD_BYTES, PAGE_BYTES, PacketType } from '@datastreamer/format'
import { type PageBuffer, type PageBuffers, startOfOpenPage } from '../log/page-buffers.ts'
import type { LogPosition } from '../log/run-reader.ts'

/** The position after an entry in the buffer, which can be rolled back to there. */
export interface AppendPosition extends LogPosition {
  /** The page that holds the entry before it, if it is in memory. */
  readonly page: PageBuffer | undefined
}

/** Encodes entries in memory as they will be in the file. docs/spec/stream-file.md §3. */
export class AppendBuffer {
  readonly #buffers: PageBuffers
  #page: PageBuffer | undefined
  #position: number
  #number: number
  /** The last result of {@link end}: an operation begins at the end of another. */
  #end: AppendPosition | undefined

  /** @param end of the log; if it is inside a page, that is the last page of `buffers` */
  constructor(buffers: PageBuffers, end: LogPosition) {
    this.#buffers = buffers
    this.#page = buffers.last
    this.#position = end.position
    this.#number = end.number
  }

  /** The position after the last entry. */
  get end(): AppendPosition {
    if (this.#end?.position !== this.#position || this.#end.page !== this.#page) {
      this.#end = { position: this.#position, number: this.#number, page: this.#page }
    }
    return this.#end
  }

  /** The start of the first page that is not full. */
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

  /** Roll back all entries after a position. */
  rewind({ position, number, page }: AppendPosition): void {
    this.#buffers.dropAfter(page)
    this.#page = page
    this.#position = position
    this.#number = number
  }

  /** Go on at another position; the pages in memory must end there. */
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
      // Padding is zero: an operation that was rolled back may have left bytes here.
      page.bytes.fill(0, PAGE_BYTES - left)
      this.#buffers.closeLast(this.#position)
      this.#position += left
    }
    this.#page = this.#buffers.open(this.#position, this.#number)
    return this.#page
  }
}

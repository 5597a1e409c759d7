import {
  ENTRY_HEAD_BYTES,
  HEADER_PAGE_BYTES,
  invariant,
  PacketType,
  pageOf,
  pageStart,
  pagesInUse,
  viewOf,
} from '@datastreamer/format'
import type { DiskFile } from '../disk/disk.ts'
import { type CommitPoint, START } from './commit-point.ts'
import { DamageError } from './damage-error.ts'
import type { PageBuffers } from './page-buffers.ts'
import { type LogPosition, readBytes } from './run-reader.ts'

/** Most pages with waymarks: 16 positions each, of some 64 bytes. */
const MOST_MARKED_PAGES = 4096

/**
 * Finds the page of an entry: every page opens with an entry, whose number is read once.
 *
 * Invariants: only entries of the log are searched; waymarks are inside their page, in order; what was read before something
 * was forgotten is not remembered.
 */
export class PageDirectory {
  readonly #file: DiskFile
  readonly #path: string
  readonly #buffers: PageBuffers
  readonly #baseOf: () => CommitPoint
  /** Number of each page's first entry, as far as it was read. */
  readonly #firstNumbers: number[] = []
  /** Waymarks: positions within pages that searches have passed, in order, for the pages that were used last. */
  readonly #waymarks = new Map<number, LogPosition[]>()
  /** Grows when something is forgotten: what was read before is then not remembered. */
  #forgotten = 0

  /** @param baseOf where the file begins now */
  constructor(file: DiskFile, path: string, buffers: PageBuffers, baseOf: () => CommitPoint = () => START) {
    this.#file = file
    this.#path = path
    this.#buffers = buffers
    this.#baseOf = baseOf
  }

  /** The page that holds entry `number`, found by binary search over the pages in use. */
  async pageOfEntry(number: number, { totalLength, totalEntries }: CommitPoint): Promise<number> {
    const base = this.#baseOf()
    const isThere = number >= Number(base.totalEntries) && number < Number(totalEntries)
    invariant(isThere, 'a page of an entry that is not in the log')
    let low = pageOf(base.totalLength)
    let high = pagesInUse(totalLength) - 1
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((await this.firstNumber(middle)) <= number) low = middle
      else high = middle - 1
    }
    return low
  }

  /** Where the page in memory begins that holds entry `number`, if it is not before all of those. */
  startInMemory(number: number): LogPosition | undefined {
    const page = this.#buffers.all.findLast(({ firstNumber }) => firstNumber <= number)
    return page && { position: page.start, number: page.firstNumber }
  }

  /** Number of the entry that a page in use opens with. @throws {DamageError} if it does not open with one */
  async firstNumber(page: number): Promise<number> {
    const known = this.#firstNumbers[page]
    if (known !== undefined) return known
    const position = pageStart(page)
    const inMemory = this.#buffers.holding(position)
    if (inMemory !== undefined) return inMemory.firstNumber
    const forgotten = this.#forgotten
    const view = viewOf(await readBytes(this.#file, this.#path, position, ENTRY_HEAD_BYTES))
    const packet = view.getUint8(0)
    const number = view.getBigUint64(9)
    if (packet !== PacketType.entry || number > BigInt(Number.MAX_SAFE_INTEGER)) {
      const found = packet === PacketType.entry ? `entry ${number}` : `packet type ${packet}`
      throw new DamageError('BAD_PACKET', `${found}, expected the entry that the page opens with`, {
        file: this.#path,
        position,
      })
    }
    if (forgotten === this.#forgotten) this.#firstNumbers[page] = Number(number)
    return Number(number)
  }

  /** The last known position at or before entry `number` in its page. */
  async positionBefore(number: number, page: number): Promise<LogPosition> {
    const known = this.#waymarks.get(page)?.findLast((mark) => mark.number <= number)
    return known ?? { position: pageStart(page), number: await this.firstNumber(page) }
  }

  /** Remember a position in a page that a search has passed. */
  mark(page: number, mark: LogPosition): void {
    invariant(pageOf(mark.position) === page, 'a waymark outside of its page')
    const marks = this.#waymarks.get(page) ?? []
    const at = marks.findLastIndex(({ position }) => position <= mark.position)
    if (marks[at]?.position === mark.position) return
    marks.splice(at + 1, 0, mark)
    this.#waymarks.set(page, marks)
    const [oldest = page] = this.#waymarks.keys()
    if (this.#waymarks.size > MOST_MARKED_PAGES) this.#waymarks.delete(oldest)
  }

  /** Forget the pages that begin at or after `position`, and the waymarks in the page that holds it. */
  forgetFrom(position: number): void {
    this.#forgotten++
    for (const page of this.#waymarks.keys()) {
      if (pageStart(page + 1) > position) this.#waymarks.delete(page)
    }
    const kept = Math.max(0, pagesInUse(Math.max(position, HEADER_PAGE_BYTES)))
    if (this.#firstNumbers.length > kept) this.#firstNumbers.length = kept
  }
}

import { encodeEntry, HEADER_PAGE_BYTES, pageStart } from '@datastreamer/format'
import { expect, test } from 'vitest'
import { fileOf } from '../../test/bookmarks/log-in-memory.ts'
import { PageBuffers } from './page-buffers.ts'
import { PageDirectory } from './page-directory.ts'

/** Pages that open with entries 0, 10, 20 and so on, and the directory of them. */
class Book {
  readonly bytes: Uint8Array
  readonly directory: PageDirectory
  readonly buffers = new PageBuffers()
  reads = 0
  onRead = (): void => {}

  constructor(pages: number) {
    this.bytes = new Uint8Array(pageStart(pages))
    for (let page = 0; page < pages; page++) this.openWith(page, 10n * BigInt(page))
    const file = fileOf(
      () => this.bytes,
      () => {
        this.reads++
        this.onRead()
      },
    )
    this.directory = new PageDirectory(file, 'a.bin', this.buffers)
  }

  openWith(page: number, number: bigint): void {
    this.bytes.set(encodeEntry({ type: 1, number, data: new Uint8Array(3) }), pageStart(page))
  }

  /** The page of an entry, if all pages but the last are full. */
  pageOf(number: number, pages: number): Promise<number> {
    return this.directory.pageOfEntry(number, {
      totalLength: pageStart(pages - 1) + 50,
      totalEntries: 10n * BigInt(pages),
    })
  }
}

test('finds the page of any entry, reading each page once', async () => {
  for (const pages of [1, 2, 3, 7, 8]) {
    const book = new Book(pages)
    for (let number = 0; number < 10 * pages; number++) {
      expect(await book.pageOf(number, pages)).toBe(Math.floor(number / 10))
    }
    expect(book.reads).toBeLessThan(pages)
  }
})

test('a page in memory is not read', async () => {
  const book = new Book(2)
  book.buffers.open(pageStart(1), 10)
  expect(await book.pageOf(10, 2)).toBe(1)
  expect(book.reads).toBe(0)
})

test('after a truncation, pages after it are read again', async () => {
  for (const [position, stale] of [
    [HEADER_PAGE_BYTES, [0, 1, 2, 3]],
    [pageStart(1), [1, 2, 3]],
    [pageStart(1) + 1, [2, 3]],
    [pageStart(2) - 1, [2, 3]],
    [pageStart(4), []],
  ] as const) {
    const book = new Book(4)
    for (let page = 0; page < 4; page++) await book.directory.firstNumber(page)
    book.directory.forgetFrom(position)
    book.reads = 0
    for (let page = 0; page < 4; page++) {
      book.openWith(page, 77n)
      const isStale = (stale as readonly number[]).includes(page)
      expect(await book.directory.firstNumber(page)).toBe(isStale ? 77 : 10 * page)
    }
    expect(book.reads).toBe(stale.length)
  }
})

test('what is read from a page while it is truncated is not remembered', async () => {
  const book = new Book(2)
  book.onRead = () => book.directory.forgetFrom(pageStart(1))
  expect(await book.directory.firstNumber(1)).toBe(10)
  book.onRead = () => {}
  book.openWith(1, 7n)
  expect(await book.directory.firstNumber(1)).toBe(7)
})

test.each([
  ['padding', [0], 'packet type 0'],
  ['something else', [9], 'packet type 9'],
  ['an entry with an invalid number', [2, 0, 0, 0, 20, 0, 0, 0, 1, 0x80], `entry ${2n ** 63n}`],
])('a page that opens with %s is damaged', async (_, bytes, message) => {
  const book = new Book(2)
  book.bytes.fill(0, pageStart(1), pageStart(1) + 17)
  book.bytes.set(bytes, pageStart(1))
  await expect(book.pageOf(12, 2)).rejects.toMatchObject({
    code: 'BAD_PACKET',
    message: expect.stringContaining(message),
    file: 'a.bin',
    position: pageStart(1),
  })
})

const mark = (page: number, number: number) => ({ position: pageStart(page) + 100 * (number - 10 * page), number })

test('a search begins at the last position before the entry that another has passed', async () => {
  const book = new Book(3)
  const { directory } = book
  for (const number of [14, 12, 17, 12]) directory.mark(1, mark(1, number))
  directory.mark(2, mark(2, 21))
  for (const [number, from] of [
    [12, 12],
    [13, 12],
    [14, 14],
    [16, 14],
    [17, 17],
    [19, 17],
  ] as const) {
    expect(await directory.positionBefore(number, 1)).toEqual(mark(1, from))
  }
  expect(book.reads).toBe(0)
  expect(await directory.positionBefore(11, 1)).toEqual({ position: pageStart(1), number: 10 })
  expect(await directory.positionBefore(20, 2)).toEqual({ position: pageStart(2), number: 20 })
})

test('waymarks after a truncation, and in its page, are forgotten', async () => {
  for (const [position, kept] of [
    [HEADER_PAGE_BYTES, []],
    [pageStart(1) - 1, []],
    [pageStart(1) + 1, [0]],
    [pageStart(2) - 1, [0]],
    [pageStart(3) - 1, [0, 1]],
  ] as const) {
    const { directory } = new Book(3)
    for (const page of [0, 1, 2]) directory.mark(page, mark(page, 10 * page + 5))
    directory.forgetFrom(position)
    for (const page of [0, 1, 2]) {
      const isKept = (kept as readonly number[]).includes(page)
      const number = 10 * page + (isKept ? 5 : 0)
      expect(await directory.positionBefore(10 * page + 6, page)).toEqual(mark(page, number))
    }
  }
})

test('waymarks of the last 4,096 marked pages are remembered', async () => {
  const { directory } = new Book(3)
  const last = 4096
  for (let page = 0; page < last; page++) directory.mark(page, mark(page, 10 * page + 5))
  expect(await directory.positionBefore(6, 0)).toEqual(mark(0, 5))
  directory.mark(last, mark(last, 10 * last + 5))
  expect(await directory.positionBefore(6, 0)).toEqual(mark(0, 0))
  expect(await directory.positionBefore(16, 1)).toEqual(mark(1, 15))
})

test('refuses to search entries that are not in the log, and waymarks outside their page', async () => {
  const { directory } = new Book(2)
  const broken = { name: 'InternalError' }
  for (const number of [-1, 20]) {
    const page = directory.pageOfEntry(number, { totalLength: pageStart(2), totalEntries: 20n })
    await expect(page).rejects.toMatchObject(broken)
  }
  expect(() => directory.mark(0, mark(1, 10))).toThrow(expect.objectContaining(broken))
  expect(await directory.positionBefore(5, 0)).toEqual(mark(0, 0))
})

import { encodeEntry, HEADER_PAGE_BYTES, PAGE_BYTES, pageStart } from '@datastreamer/format'
import { expect, test } from 'vitest'
import { fileOf } from '../../test/bookmarks/log-in-memory.ts'
import { readBytes, readRun } from './run-reader.ts'

const START = { position: HEADER_PAGE_BYTES, number: 0 }

/** The first bytes of a file of pages. */
class Pages {
  readonly bytes: Uint8Array
  readonly #view: DataView
  #end = HEADER_PAGE_BYTES
  #number = 0

  constructor(pages: number) {
    this.bytes = new Uint8Array(pageStart(pages))
    this.#view = new DataView(this.bytes.buffer)
  }

  /** End of the last entry. */
  get end(): number {
    return this.#end
  }

  /** Add an entry of a length; returns its position. */
  add(length: number, at = this.#end): number {
    const entry = encodeEntry({ type: 1, number: BigInt(this.#number++), data: new Uint8Array(length - 17).fill(7) })
    this.bytes.set(entry, at)
    this.#end = at + length
    return at
  }

  /** Change the length field of the entry at a position. */
  say(length: number, at: number): void {
    this.#view.setUint32(at + 1, length)
  }

  read(from: { position: number; number: number }, end: number, maxBytes = PAGE_BYTES, into?: Uint8Array) {
    return readRun(
      fileOf(() => this.bytes),
      'a.bin',
      from,
      end,
      maxBytes,
      into,
    )
  }
}

test.each([1, 16, 17, 18, 49, 50, 51])(
  'gives whole entries of one page, at least one, however little is read: %i bytes',
  async (maxBytes) => {
    const pages = new Pages(2)
    const lengths = [50, 17, 17, 300, PAGE_BYTES - 400, 40]
    for (const length of lengths) pages.add(length, length === 40 ? pageStart(1) : undefined)
    let at = START
    const found: number[] = []
    while (at.position < pages.end) {
      const run = await pages.read(at, pages.end, maxBytes)
      found.push(run.bytes.length)
      at = run.next
    }
    expect(at).toEqual({ position: pages.end, number: lengths.length })
    expect(found.reduce((sum, length) => sum + length)).toBe(lengths.reduce((sum, length) => sum + length))
  },
)

test('a run ends with its page, even if the next entry follows without padding', async () => {
  const pages = new Pages(2)
  pages.add(PAGE_BYTES)
  pages.add(40)
  const first = await pages.read(START, pages.end, 3 * PAGE_BYTES)
  expect(first.bytes).toHaveLength(PAGE_BYTES)
  expect(first.next).toEqual({ position: pageStart(1), number: 1 })
})

test('the given memory is used if the run fits', async () => {
  const pages = new Pages(1)
  pages.add(50)
  pages.add(60)
  for (const [size, isUsed] of [
    [109, false],
    [110, true],
    [200, true],
  ] as const) {
    const into = new Uint8Array(size)
    const { bytes } = await pages.read(START, pages.end, PAGE_BYTES, into)
    expect(bytes).toEqual(pages.bytes.subarray(HEADER_PAGE_BYTES, pages.end))
    expect(bytes.buffer === into.buffer, `${size}`).toBe(isUsed)
  }
})

test('the entries before a broken one are a run; reading at the broken one fails', async () => {
  const pages = new Pages(1)
  pages.add(50)
  const at = pages.add(60)
  pages.bytes[at] = 9
  const run = await pages.read(START, pages.end)
  expect(run.bytes).toHaveLength(50)
  await expect(pages.read(run.next, pages.end)).rejects.toMatchObject({
    code: 'BAD_PACKET',
    file: 'a.bin',
    position: at,
    entryNumber: 1n,
  })
  await expect(pages.read({ position: at, number: 2 }, pages.end)).rejects.toMatchObject({ code: 'BAD_PACKET' })
})

test('a read error is not damage', async () => {
  const broken = new Error('EIO')
  const file = { ...fileOf(() => new Uint8Array(0)), read: () => Promise.reject(broken) }
  await expect(readRun(file, 'a.bin', START, HEADER_PAGE_BYTES + 50, PAGE_BYTES)).rejects.toBe(broken)
})

test.each([
  ['crosses the end of its page', 2, PAGE_BYTES - 99, 'CROSSES_PAGE'],
  ['is longer than all that is committed', 1, 101, 'LENGTH_NOT_AT_ENTRY_END'],
])('an entry whose length %s is damage, however much is read', async (_, count, said, code) => {
  for (const maxBytes of [1, 17, 100, PAGE_BYTES]) {
    const pages = new Pages(2)
    const at = pages.add(100)
    if (count === 2) {
      pages.add(PAGE_BYTES - 100)
      pages.add(300)
      pages.say(PAGE_BYTES, at + 100)
    } else pages.say(said, at)
    const from = count === 2 ? { position: at + 100, number: 1 } : START
    await expect(pages.read(from, pages.end, maxBytes)).rejects.toMatchObject({
      code,
      file: 'a.bin',
      position: from.position,
      entryNumber: BigInt(from.number),
    })
  }
})

test.each([1, 4, 5, 16])('%i bytes at the end are not an entry', async (left) => {
  const pages = new Pages(2)
  pages.add(100)
  const end = pages.end + left
  pages.bytes[pages.end] = 2
  const from = { position: pages.end, number: 1 }
  await expect(pages.read(from, end)).rejects.toMatchObject({ code: 'LENGTH_NOT_AT_ENTRY_END' })
  const last = { position: pageStart(1) - left, number: 1 }
  pages.bytes[last.position] = 2
  await expect(pages.read(last, pageStart(1) + 50)).rejects.toMatchObject({ code: 'CROSSES_PAGE' })
})

test('padding leads to the next page, which must have the entry', async () => {
  const pages = new Pages(3)
  pages.add(100)
  const padding = pages.end
  pages.add(40, pageStart(1))
  const { bytes, next } = await pages.read({ position: padding, number: 1 }, pages.end)
  expect(bytes).toHaveLength(40)
  expect(next).toEqual({ position: pages.end, number: 2 })
  for (const [position, end] of [
    // An empty page.
    [pageStart(2), pageStart(2) + 50],
    [pageStart(1), pageStart(2) + 50],
    // Padding up to the commit point.
    [padding, padding + 20],
    [padding, pageStart(1)],
  ] as const) {
    if (position === pageStart(1)) pages.bytes[position] = 0
    await expect(pages.read({ position, number: 1 }, end)).rejects.toMatchObject({ code: 'PADDING', position })
  }
})

test('a file that ends too early is damaged there', async () => {
  const bytes = new Uint8Array(HEADER_PAGE_BYTES + 30)
  const read = readBytes(
    fileOf(() => bytes),
    'a.bin',
    HEADER_PAGE_BYTES,
    50,
  )
  await expect(read).rejects.toMatchObject({ code: 'LENGTH_PAST_END', file: 'a.bin', position: HEADER_PAGE_BYTES + 30 })
})

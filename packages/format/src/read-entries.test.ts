import { Blob } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hex } from '../test/support.ts'
import { HEADER_PAGE_BYTES, PAGE_BYTES } from './constants.ts'
import { type Entry, encodeEntry } from './entry.ts'
import { FormatError } from './errors.ts'
import { encodeHeaderPage, type Header } from './header.ts'
import { placeEntry } from './pages.ts'
import { readEntries, type StreamFile } from './read-entries.ts'

const LARGEST = PAGE_BYTES - 17

/** A file of entries of so many bytes of data; old bytes stand in the padding and after the commit point. */
function fileOf(sizes: readonly number[], header: Partial<Header> = {}): { bytes: Uint8Array; entries: Entry[] } {
  const entries = sizes.map((size, i) => ({ type: i + 1, number: BigInt(i), data: new Uint8Array(size).fill(i + 1) }))
  const encoded = entries.map((entry) => encodeEntry(entry))
  const positions: number[] = []
  let end = HEADER_PAGE_BYTES
  for (const { length } of encoded) {
    positions.push(placeEntry(end, length))
    end = placeEntry(end, length) + length
  }
  const pages = Math.ceil((end - HEADER_PAGE_BYTES) / PAGE_BYTES) + 1
  const bytes = new Uint8Array(HEADER_PAGE_BYTES + pages * PAGE_BYTES).fill(0xee)
  for (const [i, entry] of encoded.entries()) {
    const previous = i === 0 ? HEADER_PAGE_BYTES : (positions[i - 1] ?? 0) + (encoded[i - 1]?.length ?? 0)
    if (previous !== positions[i]) bytes[previous] = 0
    bytes.set(entry, positions[i])
  }
  const common = { generation: 3, version: 2, systemId: 7n, streamType: 1n } as const
  bytes.set(encodeHeaderPage({ ...common, totalLength: end, totalEntries: BigInt(sizes.length), ...header }))
  return { bytes, entries }
}

async function* inChunks(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    yield bytes.slice(at, at + size)
    at += size
  }
}

async function read(file: StreamFile): Promise<Entry[]> {
  const all: Entry[] = []
  for await (const entry of readEntries(file)) all.push(entry)
  return all
}

/** Type, number and length of each, and where the first lies whose bytes differ: cheap for large entries. */
function expectSame(found: readonly Entry[], wanted: readonly Entry[]): void {
  const facts = (entries: readonly Entry[]) => entries.map(({ type, number, data }) => [type, number, data.length])
  expect(facts(found)).toEqual(facts(wanted))
  expect(found.findIndex(({ data }, i) => Buffer.compare(data, wanted[i]?.data ?? data) !== 0)).toBe(-1)
}

/** What was read before the error, and the error. */
async function readUntilError(file: StreamFile): Promise<{ entries: number; error: FormatError }> {
  let entries = 0
  try {
    for await (const _ of readEntries(file)) entries++
  } catch (error) {
    if (error instanceof FormatError) return { entries, error }
    throw error
  }
  throw new Error('expected a FormatError')
}

const padded = fileOf([5, LARGEST - 60, 100, 0, LARGEST, 3])

describe('every entry up to the commit point, past padding', () => {
  test('of bytes, without copying them', async () => {
    const found = await read(padded.bytes)
    expectSame(found, padded.entries)
    expect(found[0]?.data.buffer).toBe(padded.bytes.buffer)
  })

  test('of a blob', async () => {
    expectSame(await read(new Blob([padded.bytes])), padded.entries)
  })

  test.each([[[PAGE_BYTES]], [[4095, 1, 7]], [[65_536]], [[13]]])('of chunks of %j bytes', async (sizes) => {
    const { bytes, entries } = fileOf([5, 0, 300, LARGEST - 700, 100])
    expectSame(await read(inChunks(bytes, sizes)), entries)
  })

  test('of chunks of any size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.nat(40), fc.constantFrom(LARGEST, LARGEST - 17, LARGEST - 18, LARGEST - 40)), {
          maxLength: 4,
        }),
        fc.array(fc.integer({ min: 1, max: 3 * PAGE_BYTES }), { minLength: 1, maxLength: 4 }),
        async (sizes, chunks) => {
          const { bytes, entries } = fileOf(sizes)
          expectSame(await read(inChunks(bytes, [...chunks, 10_000])), entries)
        },
      ),
      { numRuns: 30 },
    )
  })

  test('none in an empty file', async () => {
    expect(await read(fileOf([]).bytes.subarray(0, HEADER_PAGE_BYTES))).toEqual([])
  })

  test('a commit point at the page end that a truncation left after padding', async () => {
    const { bytes, entries } = fileOf([5], { totalLength: HEADER_PAGE_BYTES + PAGE_BYTES })
    bytes[HEADER_PAGE_BYTES + 22] = 0
    expect(await read(bytes)).toEqual(entries)
  })
})

describe('the header', () => {
  test('before, while and after the entries are read', async () => {
    const file = readEntries(inChunks(padded.bytes, [5000]))
    expect(await file.header).toMatchObject({ systemId: 7n, totalEntries: 6n })
    for await (const { number } of file) expect((await file.header).totalEntries).toBeGreaterThan(number)
    expect(await file.header).toMatchObject({ totalEntries: 6n })
  })

  test('of another application', async () => {
    const magic = hex('00112233445566778899aabbccddeeff')
    const bytes = encodeHeaderPage({ ...(await readEntries(fileOf([]).bytes).header) }, { magic })
    expect(await readEntries(bytes, { magic }).header).toMatchObject({ totalEntries: 0n })
    await expect(readEntries(bytes).header).rejects.toMatchObject({ code: 'BAD_MAGIC' })
  })
})

describe('the chunks', () => {
  test('are not read after the commit point, and are released', async () => {
    const { bytes } = fileOf([5])
    const log: string[] = []
    async function* chunks(): AsyncGenerator<Uint8Array> {
      try {
        yield bytes.subarray(0, HEADER_PAGE_BYTES + 22)
        log.push('read on')
        yield bytes.subarray(HEADER_PAGE_BYTES + 22)
      } finally {
        log.push('released')
      }
    }
    expect(await read(chunks())).toHaveLength(1)
    expect(log).toEqual(['released'])
    for await (const _ of readEntries(chunks())) break
    expect(log).toEqual(['released', 'released'])
    const unread = readEntries(chunks())
    await unread.header
    await unread.return?.()
    expect(log).toEqual(['released', 'released', 'released'])
    expect(await unread.next()).toEqual({ done: true, value: undefined })
  })

  test('that fail, fail the iteration', async () => {
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield padded.bytes.subarray(0, 10_000)
      throw new TypeError('the disk is gone')
    }
    await expect(read(chunks())).rejects.toThrow(new TypeError('the disk is gone'))
  })
})

describe('damage', () => {
  test.each([
    [0, 0, 'INCOMPLETE', 0, 'file header of 0 bytes, expected 54 at byte 0'],
    [53, 0, 'INCOMPLETE', 53, 'file header of 53 bytes, expected 54 at byte 53'],
    [4095, 0, 'INCOMPLETE', 4095, 'the file ends before its header page at byte 4095'],
    [4096, 0, 'INCOMPLETE', 4096, 'the file ends before totalLength 4118 at byte 4096'],
    [4117, 0, 'INCOMPLETE', 4117, 'the file ends before totalLength 4118 at byte 4117'],
  ])('a file of %i bytes', async (length, entries, code, offset, message) => {
    const bytes = fileOf([5]).bytes.subarray(0, length)
    for (const file of [bytes, new Blob([bytes]), inChunks(bytes, [1000])]) {
      const found = await readUntilError(file)
      expect(found).toMatchObject({ entries, error: { code, offset, message } })
    }
  })

  test('a file that ends in padding', async () => {
    const { bytes } = fileOf([5, LARGEST])
    expect(await readUntilError(inChunks(bytes.subarray(0, 100_000), [4096]))).toMatchObject({
      entries: 1,
      error: { code: 'INCOMPLETE', offset: 100_000 },
    })
  })

  const first = HEADER_PAGE_BYTES
  const second = first + 22
  test.each([
    ['another packet', second, '03', 1, 'BAD_PACKET', second],
    ['padding before the commit point', second, '00', 1, 'BAD_PACKET', second],
    ['padding where a page begins', first, '00', 0, 'BAD_PACKET', first],
    ['a length below that of a head', second + 1, '00000010', 1, 'BAD_LENGTH', second + 1],
    ['an entry beyond the commit point', second + 1, '00000017', 1, 'BAD_LENGTH', second + 1],
    ['another number', second + 9, '0000000000000002', 1, 'BAD_NUMBER', second + 9],
    ['more entries in the header', 16 + 30, '0000000000000003', 2, 'BAD_NUMBER', second + 22],
    ['a commit point in the header page', 16 + 22, '0000000000000fff', 0, 'BAD_LENGTH', 16 + 22],
    ['a commit point inside an entry', 16 + 22, '0000000000001020', 1, 'BAD_LENGTH', second + 1],
  ])('%s', async (_, at, digits, entries, code, offset) => {
    const { bytes } = fileOf([5, 5])
    bytes.set(hex(digits), at)
    expect(await readUntilError(bytes)).toMatchObject({ entries, error: { code, offset } })
    expect(await readUntilError(inChunks(bytes, [4101, 11]))).toMatchObject({ entries, error: { code, offset } })
  })

  test('a commit point in the header page of the generations without a version', async () => {
    const header = { generation: 1, version: 0, systemId: 0n, totalLength: 0 } as const
    const { error } = await readUntilError(fileOf([], header).bytes)
    expect(error).toMatchObject({ code: 'BAD_LENGTH', offset: 13 })
  })

  test('an entry that would cross its page', async () => {
    const { bytes } = fileOf([LARGEST - 40, 5, 5])
    const at = HEADER_PAGE_BYTES + PAGE_BYTES - 40
    bytes.set(hex('00000029'), at + 1)
    expect((await readUntilError(bytes)).error.message).toBe(`entry length 41, expected 17 to 40 at byte ${at + 1}`)
  })
})

test('no more is held than a page: the next one is read when its first entry is asked for', async () => {
  const sizes = Array.from({ length: 6 }, () => (PAGE_BYTES >> 1) - 17 - 20)
  const { bytes, entries } = fileOf(sizes)
  const slices: [number, number][] = []
  const blob = {
    size: bytes.length,
    slice(start: number, end: number) {
      slices.push([start, end])
      return new Blob([bytes.subarray(start, end)])
    },
  }
  const read: bigint[] = []
  for await (const { number } of readEntries(blob)) {
    read.push(number)
    const page = Number(number) >> 1
    expect(slices.length).toBe(2 + page)
    expect(slices.at(-1)).toEqual([HEADER_PAGE_BYTES + page * PAGE_BYTES, HEADER_PAGE_BYTES + (page + 1) * PAGE_BYTES])
  }
  expect(read).toEqual(entries.map(({ number }) => number))
})

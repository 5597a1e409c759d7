import fc from 'fast-check'
import { expect, test } from 'vitest'
import { E2FormatError, LimitError, UnexpectedEndError } from '../errors.ts'
import { toBytes } from '../io/byte-sink.ts'
import { type ByteSource, fromBytes } from '../io/byte-source.ts'
import { iterateHeaders, iterateRecords } from './iterate.ts'
import { encodeRecord, encodeRecordHeader, readRecord } from './record.ts'
import { RecordType } from './record-type.ts'
import { decodeRecords } from './stream.ts'
import { RecordWriter } from './write.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
/** A source that is not in memory, like a file. */
const slow = (bytes: Uint8Array): ByteSource => ({
  size: bytes.length,
  read: async (position, length) => bytes.slice(position, position + length),
})
const plain = ({ type, data }: { type: number; data: Uint8Array }): unknown => ({ type, data: Uint8Array.from(data) })

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const out: T[] = []
  for await (const item of items) out.push(item)
  return out
}

const records = fc.array(
  fc.record({ type: fc.nat(0xffff).filter((t) => t !== RecordType.Version), data: fc.uint8Array({ maxLength: 40 }) }),
)
async function write(items: readonly { type: number; data: Uint8Array }[]): Promise<Uint8Array> {
  const sink = toBytes()
  const writer = new RecordWriter(sink)
  await writer.writeVersion()
  for (const { type, data } of items) await writer.write(type, data)
  return sink.bytes()
}

test('golden: type 2232 with four bytes', () => {
  expect(encodeRecord(0x2232, hex('01020304'))).toEqual(hex('2232 04000000 0000 01020304'))
  expect(encodeRecordHeader(RecordType.Version, 0)).toEqual(hex('6532000000000000'))
})

test('a record is two bytes of type and less than 2^32 of data', () => {
  expect(() => encodeRecordHeader(0x10000, 0)).toThrow(RangeError)
  expect(() => encodeRecordHeader(0, 2 ** 32)).toThrow(RangeError)
})

test('written records are read back the same way from memory, a file, and a stream in chunks of any size', async () => {
  await fc.assert(
    fc.asyncProperty(
      records,
      fc.integer({ min: 8, max: 64 }),
      fc.integer({ min: 1, max: 9 }),
      async (items, windowBytes, chunkBytes) => {
        const bytes = await write(items)
        const expected = [{ type: RecordType.Version, data: new Uint8Array(0) }, ...items].map(plain)
        expect((await collect(iterateRecords(fromBytes(bytes)))).map(plain)).toEqual(expected)
        expect((await collect(iterateRecords(slow(bytes), { windowBytes }))).map(plain)).toEqual(expected)
        const chunks = Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, i) =>
          bytes.subarray(i * chunkBytes, (i + 1) * chunkBytes),
        )
        expect((await collect(decodeRecords(chunks))).map(plain)).toEqual(expected)
        for (const header of await collect(iterateHeaders(slow(bytes), { windowBytes }))) {
          expect(await readRecord(slow(bytes), header.position)).toMatchObject({ ...header })
        }
      },
    ),
  )
})

test('every prefix is whole records or truncated, with the end of the last whole record', async () => {
  const bytes = await write([
    { type: 0x0100, data: hex('0102030405') },
    { type: 0x9900, data: hex('') },
    { type: 0x0300, data: hex('01') },
  ])
  const ends = [8, 21, 29, 38]
  for (let length = 1; length < bytes.length; length++) {
    const part = bytes.subarray(0, length)
    for (const walk of [
      iterateRecords(fromBytes(part)),
      iterateRecords(slow(part)),
      iterateHeaders(slow(part)),
      decodeRecords([part]),
      decodeRecords([part], { wanted: () => false }),
    ]) {
      const error = await collect(walk as AsyncIterable<unknown>).then(
        () => undefined,
        (e: unknown) => e,
      )
      if (ends.includes(length)) {
        expect(error).toBeUndefined()
      } else {
        expect(error).toBeInstanceOf(UnexpectedEndError)
        expect(error).toMatchObject({ wholeEnd: Math.max(0, ...ends.filter((end) => end <= length)), step: 'walk' })
      }
    }
  }
})

test.each([
  ['no bytes', '', 'EMPTY_FILE', 0],
  ['another first record', '0000000000000000', 'NO_VERSION', 0],
  ['a version with data', '6532010000000000 00', 'UNKNOWN_VERSION', 0],
  ['a reserved field', '6532000000000000 0100000000000100', 'RESERVED_NOT_ZERO', 14],
])('rejects %s', async (_, text, code, position) => {
  const bytes = hex(text)
  for (const walk of [iterateRecords(fromBytes(bytes)), iterateRecords(slow(bytes)), decodeRecords([bytes])]) {
    const error = await collect(walk).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(E2FormatError)
    expect(error).toMatchObject({ code, position, step: 'walk' })
  }
})

test('the reserved field can be read as the upper bits of an older length', async () => {
  const bytes = hex('6532000000000000 0100000000000100')
  await expect(collect(iterateRecords(fromBytes(bytes), { legacyLength48: true }))).rejects.toThrow(
    'of 4294967296 bytes',
  )
})

test('a record over the limit is refused before its data is read', async () => {
  const bytes = await write([{ type: 0x0300, data: new Uint8Array(100) }])
  const option = { maxRecordBytes: (type: number) => (type === 0x0300 ? 99 : 0) }
  for (const walk of [iterateRecords(slow(bytes), option), decodeRecords([bytes], option)]) {
    await expect(collect(walk)).rejects.toBeInstanceOf(LimitError)
  }
})

test('a stream skips records that are not wanted, whatever their size', async () => {
  const bytes = await write([
    { type: 0x0200, data: new Uint8Array(1000) },
    { type: 0x0100, data: hex('07') },
  ])
  const found = await collect(decodeRecords([bytes], { wanted: ({ type }) => type === 0x0100, maxRecordBytes: 1 }))
  expect(found.map(plain)).toEqual([{ type: 0x0100, data: hex('07') }])
})

test('a huge file is walked by its headers only', async () => {
  const size = 8 + 500 * 200_000_008
  let read = 0
  const huge: ByteSource = {
    size,
    read: async (position, length) => {
      read += length
      const out = new Uint8Array(length)
      for (let at = position; at < position + length; at++) {
        const inRecord = (at - 8) % 200_000_008
        if (at < 8) out[at - position] = [0x65, 0x32][at] ?? 0
        else if (inRecord < 8) out[at - position] = encodeRecordHeader(0x0200, 200_000_000)[inRecord] ?? 0
      }
      return out
    },
  }
  expect(await collect(iterateHeaders(huge))).toHaveLength(501)
  expect(read).toBeLessThan(501 * 4097)
})

test('a record of many chunks is put together, whatever their size', async () => {
  const data = Uint8Array.from({ length: 500_001 }, (_, i) => i % 251)
  const bytes = await write([{ type: 0x0200, data }])
  for (const chunkBytes of [1000, 50_000, 70_000, 300_000]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, i) =>
      bytes.subarray(i * chunkBytes, (i + 1) * chunkBytes),
    )
    const [, record] = await collect(decodeRecords(chunks))
    expect(Buffer.compare(record?.data ?? hex(''), data), `chunks of ${chunkBytes}`).toBe(0)
  }
})

test('a stream that is left early is closed', async () => {
  let closed = false
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield hex('6532000000000000')
    } finally {
      closed = true
    }
  }
  for await (const _ of decodeRecords(chunks())) break
  expect(closed).toBe(true)
})

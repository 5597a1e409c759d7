import { expect, test } from 'vitest'
import { E2FormatError, UnexpectedEndError } from '../errors.ts'
import { toBytes } from '../io/byte-sink.ts'
import { type ByteSource, fromBytes } from '../io/byte-source.ts'
import { concatBytes } from '../io/bytes.ts'
import { takeCensus } from './census.ts'
import { concatFiles, findParts, type Part, planParts, writePart } from './concat.ts'
import { iterateRecords } from './iterate.ts'
import { encodeRecord, encodeRecordHeader } from './record.ts'
import { isVendorType, RecordType, recordTypeHex, recordTypeName } from './record-type.ts'
import { findWholeEnd } from './repair.ts'
import { RecordWriter } from './write.ts'

async function file(...records: readonly [type: number, length: number][]): Promise<Uint8Array> {
  const sink = toBytes()
  const writer = new RecordWriter(sink)
  await writer.writeVersion()
  for (const [type, length] of records) await writer.write(type, new Uint8Array(length).fill(type))
  return sink.bytes()
}

async function partOf(source: ByteSource, part: Part): Promise<Uint8Array> {
  const sink = toBytes()
  await writePart(source, part, sink)
  return sink.bytes()
}

async function types(bytes: Uint8Array): Promise<number[]> {
  const found: number[] = []
  for await (const { type } of iterateRecords(fromBytes(bytes))) found.push(type)
  return found
}

test('a census counts all types, and distinguishes unknown and vendor types', async () => {
  const bytes = await file([0x0100, 10], [0x4200, 3], [0x0100, 20], [0x9901, 6])
  const census = await takeCensus(fromBytes(bytes))
  expect(census.types()).toEqual([
    { type: 0x6532, hex: '6532', name: 'Version', vendor: false, records: 1, bytes: 0 },
    { type: 0x0100, hex: '0100', name: 'CompressedSignedBeaconBlock', vendor: false, records: 2, bytes: 30 },
    { type: 0x4200, hex: '4200', vendor: false, records: 1, bytes: 3 },
    { type: 0x9901, hex: '9901', vendor: true, records: 1, bytes: 6 },
  ])
  expect(census.unknown().map(({ hex }) => hex)).toEqual(['4200', '9901'])
})

test('types are named by their file bytes', () => {
  expect(recordTypeName(0x6932)).toBe('SlotIndex')
  expect(recordTypeName(0x3266)).toBeUndefined()
  expect(recordTypeHex(0x0b00)).toBe('0b00')
  expect([0x7fff, 0x8000, 0xffff].map(isVendorType)).toEqual([false, true, true])
})

test('the end of the whole records is found before an incomplete one', async () => {
  const bytes = await file([0x0100, 10], [0x0200, 5])
  expect(await findWholeEnd(fromBytes(bytes))).toEqual({ wholeEnd: bytes.length })
  for (const torn of [1, 4, 5, 12]) {
    const { wholeEnd, error } = await findWholeEnd(fromBytes(bytes.subarray(0, bytes.length - torn)))
    expect(wholeEnd).toBe(26)
    expect(error).toBeInstanceOf(UnexpectedEndError)
  }
})

test('the size of records does not matter to what is whole', async () => {
  const head = concatBytes([
    encodeRecord(RecordType.Version, new Uint8Array(0)),
    encodeRecordHeader(0x9900, 100_000_000),
  ])
  const source = { size: 100_000_016, read: async (at: number, length: number) => head.slice(at, at + length) }
  expect(await findWholeEnd(source)).toEqual({ wholeEnd: 100_000_016 })
})

test('what is no torn record is not repaired', async () => {
  const bytes = await file([0x0100, 10])
  bytes[14] = 1
  await expect(findWholeEnd(fromBytes(bytes))).rejects.toBeInstanceOf(E2FormatError)
})

test('files are joined and fall apart where they were joined', async () => {
  const one = await file([0x0100, 10])
  const two = await file([0x0200, 3], [0x0000, 1])
  const sink = toBytes()
  await concatFiles([one, two].map(fromBytes), sink)
  const joined = fromBytes(sink.bytes())
  const parts = await findParts(joined)
  expect(parts).toEqual([
    { start: 0, end: 26 },
    { start: 26, end: 54 },
  ])
  expect(await Promise.all(parts.map((part) => partOf(joined, part)))).toEqual([one, two])
})

test('a truncated file is not concatenated', async () => {
  const one = await file([0x0100, 10])
  const files = [fromBytes(one.subarray(0, 20)), fromBytes(one)]
  await expect(concatFiles(files, toBytes())).rejects.toBeInstanceOf(UnexpectedEndError)
})

test('a file of nothing but Version records falls into no more parts than memory holds', async () => {
  const most = 1_048_576
  const bytes = Buffer.alloc(8 * (most + 1), encodeRecord(0x6532, new Uint8Array(0)))
  const expected = { code: 'OUTPUT_TOO_LARGE', position: 8 * most }
  await expect(findParts(fromBytes(bytes))).rejects.toMatchObject(expected)
  await expect(planParts(fromBytes(bytes), 8)).rejects.toMatchObject(expected)
})

test('parts are of at most that size, with the Version record that they get', async () => {
  const source = fromBytes(
    await file([0x0100, 12], [0x0100, 12], [0x0100, 12], [0x0100, 12], [0x6532, 0], [0x0100, 32]),
  )
  const parts = await planParts(source, 48)
  const sizes = await Promise.all(parts.map(async (part) => (await partOf(source, part)).length))
  expect(sizes).toEqual([48, 48, 48])
  expect(parts.map(({ start }) => start)).toEqual([0, 48, 88])
})

test('a file is split into parts of a size, each a file of its own', async () => {
  const bytes = await file([0x0100, 10], [0x0100, 10], [0x0200, 100], [0x0100, 1])
  const source = fromBytes(bytes)
  const parts = await planParts(source, 50)
  expect(parts).toEqual([
    { start: 0, end: 44 },
    { start: 44, end: 152 },
    { start: 152, end: 161 },
  ])
  const splitTypes = await Promise.all(parts.map(async (part) => types(await partOf(source, part))))
  expect(splitTypes).toEqual([
    [0x6532, 0x0100, 0x0100],
    [0x6532, 0x0200],
    [0x6532, 0x0100],
  ])
})

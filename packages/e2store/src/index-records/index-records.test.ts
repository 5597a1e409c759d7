import fc from 'fast-check'
import { expect, test } from 'vitest'
import { E2FormatError } from '../errors.ts'
import { toBytes } from '../io/byte-sink.ts'
import { type ByteSource, fromBytes } from '../io/byte-source.ts'
import { concatBytes, fromHex } from '../io/bytes.ts'
import { putI64 } from '../io/little-endian.ts'
import { encodeRecord } from '../records/record.ts'
import { RecordType } from '../records/record-type.ts'
import { RecordWriter } from '../records/write.ts'
import { type BlockIndex, chooseBase, encodeBlockIndex, type OffsetBase, readBlockIndex } from './block-index.ts'
import { encodeDynamicBlockIndex, readDynamicBlockIndex } from './dynamic-block-index.ts'
import { encodeSlotIndex, readSlotIndex } from './slot-index.ts'

/** A source of `position` bytes that nobody reads, then an index. */
function after(position: number, index: Uint8Array): ByteSource {
  const size = position + index.length
  return { size, read: async (at, length) => index.slice(at - position, at - position + length) }
}

test('golden: the state index of a genesis era', async () => {
  const record = fromHex('6932180000000000' + '0000000000000000' + 'e600fcffffffffff' + '0100000000000000')
  expect(encodeSlotIndex({ position: 261_922, start: 0n, targets: [8] })).toEqual(record)
  const index = await readSlotIndex(after(261_922, record))
  expect(index).toMatchObject({ position: 261_922, end: 261_954, start: 0n, count: 1 })
  expect([index.offset(0), index.target(0)]).toEqual([-261_914, 8])
})

test('golden: the last bytes of an index of 8192 blocks', async () => {
  const targets = Array.from({ length: 8192 }, (_, i) => 8 + 400 * i)
  const record = encodeBlockIndex({ position: 3_825_777, start: 0n, targets, base: 'record' })
  expect(record.subarray(0, 24)).toEqual(fromHex('6632100001000000' + '0000000000000000' + '979fc5ffffffffff'))
  expect(record).toHaveLength(65_560)
  const index = await readBlockIndex(after(3_825_777, record))
  expect(index.target(0, 'record')).toBe(8)
  expect(index.target(8191, 'record')).toBe(8 + 400 * 8191)
})

test('golden: an index of three records a block', async () => {
  const tail = '62ffffffffffffff' + 'bbffffffffffffff' + 'd8ffffffffffffff' + '0300000000000000' + '0100000000000000'
  const record = fromHex(`67323000000000000000000000000000${tail}`)
  const input = { position: 166, start: 0n, targets: [[8, 97, 126]], components: 3 }
  expect(encodeDynamicBlockIndex(input)).toEqual(record)
  const index = await readDynamicBlockIndex(after(166, record))
  expect(index).toMatchObject({ position: 166, start: 0n, count: 1, components: 3 })
  expect([0, 1, 2].map((c) => index.target(0, c))).toEqual([8, 97, 126])
})

test('indices round trip', async () => {
  const number = fc.bigInt(0n, 2n ** 63n)
  const target = fc.integer({ min: 8, max: 900 })
  await fc.assert(
    fc.asyncProperty(
      number,
      fc.array(fc.option(target, { nil: undefined }), { minLength: 1 }),
      async (start, targets) => {
        const index = await readSlotIndex(after(1000, encodeSlotIndex({ position: 1000, start, targets })))
        expect(index.start).toBe(start)
        expect(Array.from({ length: index.count }, (_, i) => index.target(i))).toEqual(targets)
      },
    ),
  )
  const bases = fc.constantFrom<OffsetBase>('record', 'file', 'entry')
  await fc.assert(
    fc.asyncProperty(number, fc.array(target, { minLength: 1 }), bases, async (start, targets, base) => {
      const index = await readBlockIndex(after(1000, encodeBlockIndex({ position: 1000, start, targets, base })))
      expect(index.start).toBe(start)
      expect(targets.map((_, i) => index.target(i, base))).toEqual(targets)
    }),
  )
  const rows = fc.array(fc.tuple(target, target), { minLength: 1 })
  await fc.assert(
    fc.asyncProperty(number, rows, async (start, targets) => {
      const record = encodeDynamicBlockIndex({ position: 1000, start, targets, components: 2 })
      const index = await readDynamicBlockIndex(after(1000, record))
      expect(targets.map((row, i) => row.map((_, c) => index.target(i, c)))).toEqual(targets)
    }),
  )
})

const slots = (change: (record: Uint8Array) => void): Uint8Array => {
  const record = encodeSlotIndex({ position: 100, start: 5n, targets: [8, 20, undefined] })
  change(record)
  return record
}

test.each([
  ['a count of none', slots((r) => putI64(r, r.length - 8, 0)), 'BAD_COUNT', 140],
  ['a negative count', slots((r) => putI64(r, r.length - 8, -1)), 'BAD_COUNT', 140],
  ['a count that overflows when multiplied', slots((r) => putI64(r, r.length - 8, 2 ** 61 / 256)), 'BAD_COUNT', 140],
  ['a count one too small', slots((r) => putI64(r, r.length - 8, 2)), 'UNEXPECTED_TYPE', 108],
  ['another type', slots((r) => r.set([0x66])), 'UNEXPECTED_TYPE', 100],
  ['a reserved field', slots((r) => r.set([1], 6)), 'RESERVED_NOT_ZERO', 106],
  ['a header of another length', slots((r) => r.set([41], 2)), 'BAD_LENGTH', 100],
])('rejects %s', async (_, record, code, position) => {
  const error = await readSlotIndex(after(100, record)).catch((e: unknown) => e)
  expect(error).toBeInstanceOf(E2FormatError)
  expect(error).toMatchObject({ code, position, step: 'open' })
})

test('slots that pass 2^64 are refused', async () => {
  const record = encodeSlotIndex({ position: 100, start: 2n ** 64n - 1n, targets: [8, 20] })
  await expect(readSlotIndex(after(100, record))).rejects.toMatchObject({ code: 'BAD_INDEX' })
})

test.each([
  ['before the region', -96, 'BAD_TARGET'],
  ['in the index', 1, 'BAD_TARGET'],
  ['less than a header before the index', -7, 'BAD_TARGET'],
])('a target %s is refused when it is read, not before', async (_, offset, code) => {
  const record = slots((r) => putI64(r, 24, offset))
  const index = await readSlotIndex(after(100, record), 148, { from: 5 })
  expect(index.target(0)).toBe(8)
  expect(() => index.target(1)).toThrow(expect.objectContaining({ code, position: 124, step: 'read' }))
})

test('an offset beyond 2^53 is refused when it is read', async () => {
  const index = await readSlotIndex(
    after(
      100,
      slots((r) => r.fill(0, 24, 31).fill(0x80, 31, 32)),
    ),
  )
  expect(() => index.target(1)).toThrow(expect.objectContaining({ code: 'BAD_INTEGER', position: 124 }))
})

test('there is no entry after the last', async () => {
  const index = await readSlotIndex(
    after(
      100,
      slots(() => undefined),
    ),
  )
  expect(() => index.target(3)).toThrow(RangeError)
})

test('counts whose product does not fit are refused', async () => {
  const record = encodeDynamicBlockIndex({ position: 8, start: 0n, targets: [[8, 20, 30]], components: 3 })
  putI64(record, record.length - 8, 2)
  const source = fromBytes(concatBytes([encodeRecord(0, new Uint8Array(0)), record]))
  await expect(readDynamicBlockIndex(source)).rejects.toMatchObject({ code: 'BAD_COUNT', position: 56 })
})

test('offsets of 48 bits are read where that is asked for', async () => {
  const record = slots((r) => r.fill(0, 30, 32))
  expect(() => record).not.toThrow()
  const strict = await readSlotIndex(after(100, record))
  expect(() => strict.target(1)).toThrow(E2FormatError)
  const lenient = await readSlotIndex(after(100, record), 148, { signExtend48: true })
  expect([0, 1, 2].map((i) => lenient.target(i))).toEqual([8, 20, undefined])
})

async function blockFile(base: OffsetBase, mistake = 0): Promise<{ source: ByteSource; index: BlockIndex }> {
  const sink = toBytes()
  const writer = new RecordWriter(sink)
  await writer.writeVersion()
  const targets: number[] = []
  for (let i = 0; i < 3; i++) {
    targets.push(await writer.write(RecordType.CompressedHeader, new Uint8Array(20)))
    await writer.write(RecordType.CompressedBody, new Uint8Array(30))
  }
  const moved = targets.map((target) => target + mistake)
  const record = encodeBlockIndex({ position: sink.position, start: 7n, targets: moved, base })
  const source = fromBytes(concatBytes([sink.bytes(), record]))
  return { source, index: await readBlockIndex(source) }
}

test.each(['record', 'file', 'entry'] as const)('base %s is found from the records', async (base) => {
  const { source, index } = await blockFile(base)
  expect(await chooseBase(source, index, RecordType.CompressedHeader)).toBe(base)
})

test('an index that fits no base is refused', async () => {
  const { source, index } = await blockFile('record', 28)
  const choice = chooseBase(source, index, RecordType.CompressedHeader)
  await expect(choice).rejects.toMatchObject({ code: 'BAD_INDEX', step: 'read' })
})

test('a dynamic index whose component count does not fit is refused', async () => {
  const record = encodeDynamicBlockIndex({ position: 500, start: 0n, targets: [[8, 20, 30]], components: 3 })
  for (const [components, code] of [
    [0, 'BAD_COUNT'],
    [2, 'UNEXPECTED_TYPE'],
    [4, 'UNEXPECTED_TYPE'],
    [5, 'BAD_COUNT'],
    [2 ** 40, 'BAD_COUNT'],
  ] as const) {
    putI64(record, record.length - 16, components)
    await expect(
      readDynamicBlockIndex(fromBytes(concatBytes([encodeRecord(0, new Uint8Array(0)), record]))),
    ).rejects.toMatchObject({
      code,
    })
  }
})

/** Bytes that are no index, as the end of a file that was cut off. */
const noise = Uint8Array.from({ length: 300 }, (_, i) => (i * 0x9e3779b1) >>> 24)

test.each<[string, (bytes: Uint8Array) => Promise<unknown>, string]>([
  ['BlockIndex', (bytes) => readBlockIndex(fromBytes(bytes)), 'BlockIndex (6632)'],
  ['DynamicBlockIndex', (bytes) => readDynamicBlockIndex(fromBytes(bytes)), 'DynamicBlockIndex (6732)'],
  ['SlotIndex', (bytes) => readSlotIndex(fromBytes(bytes)), 'SlotIndex (6932)'],
])('a missing %s is reported, without a number from other bytes', async (_, read, type) => {
  const found = await read(noise).catch((error: unknown) => error)
  expect(found).toMatchObject({ code: 'BAD_COUNT', step: 'open', position: 300 })
  expect(String(found)).toContain(`the index is missing: no ${type} record ends the file, which may be cut off`)
  await expect(read(new Uint8Array(300))).rejects.toThrow('the index is missing: the file ends with zeros')
  // Counts that are possible by chance, without a record.
  const chance = noise.slice()
  putI64(chance, 292, 2)
  putI64(chance, 284, 2)
  await expect(read(chance)).rejects.toThrow(`the index is missing: no ${type} record`)
})

test.each<[string, number, number, RegExp]>([
  ['rows of 2^60', 8, 2 ** 60, /index with 6 offsets has a row count of 1152921504606846976, at most 8192 allowed/],
  ['rows of 2^63', 8, -(2 ** 63), /a row count of 9223372036854775808, at most 8192 allowed/],
  ['columns of 2^60', 16, 2 ** 60, /a column count of 1152921504606846976, at most 5 allowed/],
  ['no columns', 16, 0, /a column count of 0, at most 5 allowed/],
  [
    'more rows than fit',
    8,
    8192,
    /index with 6 offsets has counts of 8192 rows and 3 columns, more than the file has space for/,
  ],
])('an index with %s is reported to have them', async (_, fromEnd, count, message) => {
  const targets = [
    [8, 20, 30],
    [9, 21, 31],
  ]
  const record = encodeDynamicBlockIndex({ position: 300, start: 0n, targets, components: 3 }).slice()
  new DataView(record.buffer).setBigInt64(record.length - fromEnd, BigInt(count), true)
  const failed = readDynamicBlockIndex(fromBytes(concatBytes([noise, record])))
  await expect(failed).rejects.toMatchObject({ code: 'BAD_COUNT', position: 300 + record.length - fromEnd })
  await expect(failed).rejects.toThrow(message)
})

test('an index of another kind at the end is reported', async () => {
  const record = encodeBlockIndex({ position: 300, start: 0n, targets: [8, 20], base: 'record' })
  const failed = readDynamicBlockIndex(fromBytes(concatBytes([noise, record])))
  await expect(failed).rejects.toMatchObject({ code: 'UNEXPECTED_TYPE', position: 300 })
  await expect(failed).rejects.toThrow('ends with a BlockIndex (6632) record, expected DynamicBlockIndex (6732)')
})

test('a count that leads to another byte than the record is reported', async () => {
  const record = encodeSlotIndex({ position: 300, start: 0n, targets: [8, 20, 30] }).slice()
  putI64(record, record.length - 8, 2)
  const failed = readSlotIndex(fromBytes(concatBytes([noise, record])))
  await expect(failed).rejects.toThrow('index count 2 leads to byte 308, the index begins at 300')
})

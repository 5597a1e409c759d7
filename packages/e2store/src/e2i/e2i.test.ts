import { expect, test } from 'vitest'
import { tinyChain } from '../../test/support/tiny-chain.ts'
import { readSlotIndex } from '../index-records/slot-index.ts'
import { toBytes } from '../io/byte-sink.ts'
import { type ByteSource, fromBytes } from '../io/byte-source.ts'
import { concatBytes, fromHex } from '../io/bytes.ts'
import { putU64 } from '../io/little-endian.ts'
import { RecordType } from '../records/record-type.ts'
import { RecordWriter } from '../records/write.ts'
import { snappyFramedEncode } from '../snappy/encode.ts'
import { type E2iGeneration, MAX_E2I_COUNT } from './e2i.ts'
import { encodeE2i } from './encode.ts'
import { indexSlots } from './index-slots.ts'
import { readE2i } from './read.ts'

const { blocks } = await tinyChain(1, (slot) => slot < 7 || slot % 4 === 1)

async function blockFile(order: readonly Uint8Array[] = [...blocks.values()]): Promise<ByteSource> {
  const sink = toBytes()
  const writer = new RecordWriter(sink)
  await writer.writeVersion()
  for (const ssz of order) await writer.write(RecordType.CompressedSignedBeaconBlock, snappyFramedEncode(ssz))
  return fromBytes(sink.bytes())
}

test('golden: the three layouts of one index', () => {
  const index = { startSlot: 2n, targets: [8, undefined, 100] }
  expect(encodeE2i(index, { generation: 0 })).toEqual(
    fromHex(`6932000000000000${'0000000000000000'.repeat(2)}0800000000000000${'00'.repeat(8)}6400000000000000`),
  )
  expect(encodeE2i(index, { generation: 1 })).toEqual(
    fromHex(`6932000000000000020000000000000008000000000000000000000000000000${'64'}00000000000000`),
  )
  expect(encodeE2i({ startSlot: 128n, targets: [8] }, { dataSize: 92_850 })).toEqual(
    fromHex('693218000000000080000000000000005695feffffffffff0100000000000000'),
  )
})

test('an index made of a file is found in all layouts, and converted', async () => {
  const data = await blockFile()
  const made = await indexSlots(data)
  expect(made.startSlot).toBe(7n)
  expect(made.targets.flatMap((target, i) => (target === undefined ? [] : [BigInt(7 + i)]))).toEqual([...blocks.keys()])
  for (const generation of [0, 1, 2] as const) {
    const bytes = encodeE2i(made, { generation, dataSize: data.size })
    expect(await readE2i(fromBytes(bytes), { data })).toEqual({ ...made, generation })
    expect(await readE2i(fromBytes(bytes), { generation, dataSize: data.size })).toEqual({ ...made, generation })
  }
})

test('after its data an index of the current layout makes an indexed file', async () => {
  const data = await blockFile()
  const made = await indexSlots(data)
  const all = concatBytes([await data.read(0, data.size), encodeE2i(made, { dataSize: data.size })])
  const index = await readSlotIndex(fromBytes(all))
  expect(Array.from({ length: index.count }, (_, i) => index.target(i))).toEqual(made.targets)
})

test('without the data an old index is taken for one of 2021', async () => {
  const bytes = encodeE2i({ startSlot: 9n, targets: [8, 20] }, { generation: 1 })
  expect(await readE2i(fromBytes(bytes))).toEqual({ startSlot: 9n, targets: [8, 20], generation: 1 })
})

test.each([
  ['a type of its own', '6632000000000000 0000000000000000 0800000000000000', 'UNEXPECTED_TYPE'],
  ['a header only', '6932000000000000', 'BAD_LENGTH'],
  ['half an offset', '6932000000000000 0000000000000000 08000000', 'BAD_LENGTH'],
  ['a record longer than the file', '6932200000000000 0000000000000000 0800000000000000', 'BAD_LENGTH'],
  [
    'a count that is not its length',
    '6932180000000000 0000000000000000 0800000000000000 0200000000000000',
    'BAD_COUNT',
  ],
  ['descending offsets', '6932000000000000 0000000000000000 0900000000000000 0800000000000000', 'BAD_INDEX'],
  ['an offset twice', '6932000000000000 0000000000000000 0800000000000000 0800000000000000', 'BAD_INDEX'],
  ['an offset in the Version record', '6932000000000000 0000000000000000 0700000000000000', 'BAD_TARGET'],
  ['an offset after the data', '6932000000000000 0000000000000000 5e00000000000000', 'BAD_TARGET'],
  ['an offset beyond 2^53', '6932000000000000 0000000000000000 ffffffffffffffff', 'BAD_INTEGER'],
  ['less than a header', '693200', 'BAD_INDEX'],
])('rejects %s', async (_, text, code) => {
  const source = fromBytes(fromHex(text.replaceAll(' ', '')))
  await expect(readE2i(source, { dataSize: 100 })).rejects.toMatchObject({ code, step: 'open' })
})

test('an index of other data is refused', async () => {
  const data = await blockFile()
  const made = await indexSlots(data)
  const wrong = (
    generation: E2iGeneration,
    targets: readonly (number | undefined)[],
    startSlot = 7n,
  ): Promise<unknown> =>
    readE2i(fromBytes(encodeE2i({ startSlot, targets }, { generation, dataSize: data.size })), { data })
  await expect(wrong(2, made.targets, 8n)).rejects.toMatchObject({ code: 'BAD_TARGET' })
  const late = [...made.targets.slice(0, -1), undefined, made.targets.at(-1)]
  await expect(wrong(2, late)).rejects.toMatchObject({ code: 'BAD_TARGET' })
  await expect(
    wrong(
      1,
      made.targets.map((target) => target && target + 1),
    ),
  ).rejects.toMatchObject({ step: 'open' })
})

test('blocks out of order are not indexed', async () => {
  const [first, second] = [...blocks.values()] as [Uint8Array, Uint8Array]
  for (const order of [
    [second, first],
    [first, first],
  ]) {
    await expect(indexSlots(await blockFile(order))).rejects.toMatchObject({ code: 'BAD_INDEX', step: 'walk' })
  }
  await expect(indexSlots(await blockFile([]))).rejects.toMatchObject({ code: 'BAD_INDEX' })
  const far = first.slice()
  putU64(far, 100, 2n ** 40n)
  await expect(indexSlots(await blockFile([first, far]))).rejects.toMatchObject({ code: 'BAD_INDEX' })
})

test('the first layout has an entry for every slot from 0 on, up to its limit', () => {
  const encode = (startSlot: number): Uint8Array => {
    return encodeE2i({ startSlot: BigInt(startSlot), targets: [8, 9] }, { generation: 0 })
  }
  expect(encode(MAX_E2I_COUNT - 2)).toHaveLength(8 + 8 * MAX_E2I_COUNT)
  expect(() => encode(MAX_E2I_COUNT - 1)).toThrow(RangeError)
})

test('the layout of 2022 needs the size of the data', async () => {
  const index = { startSlot: 0n, targets: [8] }
  expect(() => encodeE2i(index)).toThrow(RangeError)
  await expect(readE2i(fromBytes(encodeE2i(index, { dataSize: 100 })))).rejects.toThrow(RangeError)
})

import { expect, test } from 'vitest'
import { tinyChain } from '../test/support/tiny-chain.ts'
import { encodeE2i } from './e2i/encode.ts'
import { identifyFile } from './identify.ts'
import { encodeBlockIndex } from './index-records/block-index.ts'
import { encodeDynamicBlockIndex } from './index-records/dynamic-block-index.ts'
import { encodeSlotIndex } from './index-records/slot-index.ts'
import { fromBytes } from './io/byte-source.ts'
import { concatBytes } from './io/bytes.ts'
import { encodeRecord } from './records/record.ts'
import { RecordType } from './records/record-type.ts'

const record = (type: number): Uint8Array => encodeRecord(type, new Uint8Array(3))
const file = (...records: readonly Uint8Array[]): Uint8Array =>
  concatBytes([encodeRecord(RecordType.Version, new Uint8Array(0)), ...records])
const blockIndex = encodeBlockIndex({ position: 100, start: 0n, targets: [8], base: 'record' })
const { files } = await tinyChain(1)

test.each([
  ['e2i', encodeE2i({ startSlot: 0n, targets: [8] }, { generation: 1 })],
  ['e2i', encodeE2i({ startSlot: 0n, targets: [8] }, { dataSize: 100 })],
  ['era', concatBytes(files)],
  ['era1', file(record(RecordType.CompressedHeader), blockIndex)],
  ['e2hs', file(record(RecordType.CompressedHeaderWithProof), blockIndex)],
  ['ere', file(encodeDynamicBlockIndex({ position: 8, start: 0n, targets: [[0, 0]], components: 2 }))],
  ['e2ss', file(record(RecordType.CompressedHeader), record(RecordType.CompressedAccount))],
  ['e2ss', file(record(RecordType.CompressedHeader))],
  ['e2s', file()],
  ['e2s', file(record(RecordType.CompressedHeader), record(0x9900))],
  ['e2s', file(record(0x0100), encodeSlotIndex({ position: 19, start: 0n, targets: [8] }))],
  ['e2s', file(record(RecordType.CompressedHeader)).subarray(0, 18)],
])('a file of kind %s is known by its content', async (kind, bytes) => {
  expect(await identifyFile(fromBytes(bytes))).toBe(kind)
})

test('what is no e2store file is refused', async () => {
  await expect(identifyFile(fromBytes(new Uint8Array(0)))).rejects.toMatchObject({ code: 'EMPTY_FILE' })
  await expect(identifyFile(fromBytes(new Uint8Array(1)))).rejects.toMatchObject({ code: 'TRUNCATED', wholeEnd: 0 })
  await expect(identifyFile(fromBytes(new Uint8Array(100)))).rejects.toMatchObject({ code: 'NO_VERSION' })
})

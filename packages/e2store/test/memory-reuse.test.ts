import { expect, test } from 'vitest'
import { uint256Bytes } from '../src/accumulator/merkle.ts'
import type { Columns } from '../src/execution/archive/block.ts'
import { decodeHeader, encodeHeader } from '../src/execution/blocks/header.ts'
import { writeEra1 } from '../src/execution/era1/write.ts'
import { verifyArchive } from '../src/execution/verify/verify.ts'
import { defaultHashes } from '../src/hash/hashes.ts'
import { toBytes } from '../src/io/byte-sink.ts'
import { type ByteSource, fromBytes } from '../src/io/byte-source.ts'
import { concatBytes, fromHex } from '../src/io/bytes.ts'
import { RecordCursor } from '../src/records/iterate.ts'
import { encodeRecord } from '../src/records/record.ts'
import { golden, openAny } from './support/execution.ts'
import { someBytes } from './support/file-server.ts'

/** A source that can read into memory of the caller; counts how often it was asked to. */
function intoSource(bytes: Uint8Array): ByteSource & { into: number } {
  return {
    size: bytes.length,
    into: 0,
    read: async (position, length) => bytes.slice(position, position + length),
    async readInto(position, target) {
      this.into++
      target.set(bytes.subarray(position, position + target.length))
    },
  }
}

/** A file of blocks with so many bytes each that do not compress. */
async function archive(extraBytes: readonly number[]): Promise<Uint8Array> {
  const genesis = decodeHeader(fromHex(golden.blocks[0]?.headerRlp ?? ''))
  const rows: Columns<Uint8Array>[] = []
  let parentHash: Uint8Array = new Uint8Array(32)
  for (const [i, bytes] of extraBytes.entries()) {
    const header = encodeHeader({
      ...genesis,
      ...{ parentHash, number: BigInt(i), difficulty: 1n, extraData: someBytes(bytes, i) },
    })
    parentHash = defaultHashes().keccak256(header)
    const totalDifficulty = uint256Bytes(BigInt(i + 1))
    rows.push({ header, body: Uint8Array.of(0xc2, 0xc0, 0xc0), receipts: Uint8Array.of(0xc0), totalDifficulty })
  }
  const sink = toBytes()
  await writeEra1(sink, { start: 0n, read: () => rows })
  return sink.bytes()
}

test.each([
  ['blocks that end anywhere in what is read ahead', Array.from({ length: 60 }, (_, i) => 20_000 + 777 * i)],
  ['blocks larger than what is read ahead', [10, 300_000, 262_000, 262_130, 261_500, 600_000, 10]],
])('verifying with memory that is used again: %s', async (_, extraBytes) => {
  const bytes = await archive(extraBytes)
  const source = intoSource(bytes)
  const report = await verifyArchive(await openAny('era1', source))
  expect(source.into).toBeGreaterThan(2)
  expect(report).toEqual(await verifyArchive(await openAny('era1', fromBytes(bytes))))
  expect(report.count).toBe(extraBytes.length)
})

test('records that were taken stay as they are', async () => {
  const records = Array.from({ length: 300 }, (_, i) => encodeRecord(0x9900, new Uint8Array(50).fill(i)))
  const bytes = concatBytes([encodeRecord(0x6532, new Uint8Array(0)), ...records])
  const cursor = new RecordCursor(intoSource(bytes), { windowBytes: 200 })
  const taken: Uint8Array[] = []
  const first = (await cursor.fill({ headerOnly: true })) && cursor.takeHeader()
  expect(first).toMatchObject({ type: 0x6532 })
  for (let i = 0; await cursor.fill({ headerOnly: i % 3 === 0 }); i++) {
    const record = i % 3 === 0 ? undefined : cursor.take()
    if (record) taken.push(record.data)
    else cursor.takeHeader()
  }
  expect(taken).toHaveLength(200)
  expect(taken.every((data) => data.length === 50 && data.every((byte) => byte === data[0]))).toBe(true)
  expect(taken.map((data) => data[0])).toEqual([...records.keys()].filter((i) => i % 3 !== 0).map((i) => i % 256))
})

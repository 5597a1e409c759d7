import { describe, expect, test } from 'vitest'
import { EraWriter } from '../src/era.ts'
import { encodeHeaderWithProof } from '../src/execution/blocks/header-with-proof.ts'
import { decodeProof } from '../src/execution/blocks/proof.ts'
import { writeE2hs } from '../src/execution/e2hs/write.ts'
import { writeEra1 } from '../src/execution/era1/write.ts'
import { readColumns } from '../src/execution/ere/columns.ts'
import { inferColumns } from '../src/execution/ere/infer-columns.ts'
import { type WriteEreOptions, writeEre } from '../src/execution/ere/write.ts'
import type { BlockPayloads } from '../src/execution.ts'
import { openE2hs, openEra, openEra1, openEre } from '../src/index.ts'
import { encodeDynamicBlockIndex, readDynamicBlockIndex } from '../src/index-records.ts'
import { toBytes } from '../src/io/byte-sink.ts'
import { type ByteSource, fromBytes } from '../src/io/byte-source.ts'
import { httpSource, type OpenedFile } from '../src/location.ts'
import { collect } from './support/collect.ts'
import { expectBytes } from './support/expect-bytes.ts'
import { FileServer, someBytes } from './support/file-server.ts'
import { largeRows } from './support/large-rows.ts'

const BLOCKS = largeRows.length
const NAME = 'made-up-00000-00000000'
const source = { start: 0n, read: () => largeRows }

async function era1(): Promise<Uint8Array> {
  const sink = toBytes()
  await writeEra1(sink, source)
  return sink.bytes()
}

async function ere(columns: NonNullable<WriteEreOptions['columns']>): Promise<Uint8Array> {
  const sink = toBytes()
  await writeEre(sink, source, { columns })
  return sink.bytes()
}

/** A file of a server that sends so many bytes of its end at once: the index, and the last block or two. */
async function served(bytes: Uint8Array, use: (file: OpenedFile, server: FileServer) => Promise<void>): Promise<void> {
  await using server = await FileServer.start({ [NAME]: bytes })
  await using file = await httpSource(`${server.url}${NAME}`, { tailBytes: 60_000 })
  await use(file, server)
}

const contents = ({ header, body, receipts, totalDifficulty, proof }: BlockPayloads): unknown[] =>
  [header, body, receipts, totalDifficulty, proof].map((bytes) => bytes && Buffer.from(bytes).toString('base64'))

describe('an .era1 over HTTP', () => {
  test('is opened with 2 requests, and gives a block with 1', async () => {
    const bytes = await era1()
    const expected = await openEra1(fromBytes(bytes))
    await served(bytes, async (file, server) => {
      const archive = await openEra1(file)
      expect(server.ranges()).toHaveLength(2)
      for (const number of [20n, 7n, 30n, 12n]) {
        expect(contents(await archive.payloads(number))).toEqual(contents(await expected.payloads(number)))
        expect(server.ranges()).toHaveLength(1)
      }
      for (const columns of [['header'], ['header', 'body'], ['header', 'body', 'receipts']] as const) {
        const number = BigInt(14 + columns.length)
        const part = contents(await archive.payloads(number, columns))
        expect(part).toEqual(contents(await expected.payloads(number, columns)))
        expect(server.ranges()).toHaveLength(1)
      }
    })
  })
})

test('an .e2hs over HTTP is opened with 2 requests, and gives a block with 1', async () => {
  const proven = largeRows.map(({ header, proof, ...rest }) => ({
    ...{ ...rest, header: encodeHeaderWithProof({ header, proof: decodeProof(proof).ssz }) },
  }))
  const sink = toBytes()
  await writeE2hs(sink, { start: 0n, read: () => proven }, { blocks: BLOCKS })
  const expected = await openE2hs(fromBytes(sink.bytes()), { blocks: BLOCKS })
  await served(sink.bytes(), async (file, server) => {
    const archive = await openE2hs(file, { blocks: BLOCKS })
    expect(server.ranges()).toHaveLength(2)
    for (const number of [20n, 7n, 30n, 12n]) {
      expect(contents(await archive.payloads(number))).toEqual(contents(await expected.payloads(number)))
      expect(server.ranges()).toHaveLength(1)
    }
  })
})

test('an .era over HTTP is opened with 2 requests, and gives a block with 1', async () => {
  const block = (slot: bigint): Uint8Array => {
    const ssz = Buffer.from(someBytes(30_000, Number(slot)))
    ssz.writeUInt32LE(100, 0)
    ssz.writeBigUInt64LE(slot, 100)
    ssz.writeUInt32LE(84, 180)
    return ssz
  }
  const state = Buffer.from(someBytes(300_000))
  state.writeBigUInt64LE(64n, 40)
  const blocks = Array.from({ length: 64 }, (_, i) => block(BigInt(i)))
  const sink = toBytes()
  const writer = await EraWriter.begin(sink, { era: 1n, slotsPerEra: 64 })
  for (const ssz of blocks) await writer.block(ssz)
  await writer.finish(state)
  await served(sink.bytes(), async (file, server) => {
    const era = await openEra(file)
    expect(server.ranges().length).toBeLessThanOrEqual(2)
    for (const slot of [20, 50, 3]) {
      expectBytes((await era.block(BigInt(slot)))?.ssz, blocks[slot] as Uint8Array)
      expect(server.ranges()).toHaveLength(1)
    }
    expectBytes(await era.state(64n), state)
  })
  // An index that leads one block astray says nothing of the one before.
  const astray = Buffer.from(sink.bytes())
  astray.writeBigInt64LE(-(2n ** 40n), astray.length - 32 - 8 - 8 * (64 - 21))
  await served(astray, async (file) => {
    const era = await openEra(file)
    expectBytes((await era.block(20n))?.ssz, blocks[20] as Uint8Array)
    await expect(era.block(21n)).rejects.toMatchObject({ code: 'BAD_TARGET' })
  })
})

const ALL: NonNullable<WriteEreOptions['columns']> = ['receipts', 'totalDifficulty', 'proof']
const PROFILES = Array.from({ length: 8 }, (_, bits) => ALL.filter((_column, i) => (bits >> i) & 1))

describe.each(PROFILES.map((columns) => [columns.join(', ') || 'nothing else', columns] as const))(
  'an .ere with %s over HTTP',
  (_, columns) => {
    test('is opened with 2 requests, and gives a block with one for each section that is apart', async () => {
      const bytes = await ere(columns)
      const expected = await openEre(fromBytes(bytes))
      await served(bytes, async (file, server) => {
        const archive = await openEre(file)
        expect(server.ranges()).toHaveLength(2)
        expect(archive.columns).toEqual(expected.columns)
        for (const number of [20n, 7n, 9n, 12n, 39n, 0n]) {
          expect(contents(await archive.payloads(number))).toEqual(contents(await expected.payloads(number)))
          // The headers came with opening, difficulties and proofs are near the end.
          expect(server.ranges().length).toBeLessThanOrEqual(columns.includes('receipts') ? 2 : 1)
        }
      })
    })

    test('gives all blocks in order with few requests', async () => {
      const bytes = await ere(columns)
      const expected = await collect((await openEre(fromBytes(bytes))).iteratePayloads(), contents)
      await served(bytes, async (file, server) => {
        const archive = await openEre(file)
        expect(await collect(archive.iteratePayloads(), contents)).toEqual(expected)
        expect(server.got.length).toBeLessThan(20)
      })
    })
  },
)

describe('the columns of an index', () => {
  /** A source of which some parts are in memory, as after a request or two. */
  function partly(bytes: Uint8Array, known: readonly [from: number, to: number][]): ByteSource & { reads: number } {
    const file = {
      size: bytes.length,
      reads: 0,
      read: async (position: number, length: number) => {
        file.reads++
        return bytes.slice(position, position + length)
      },
      peek: (position: number, length: number) =>
        known.some(([from, to]) => position >= from && position + length <= to)
          ? bytes.subarray(position, position + length)
          : undefined,
    }
    return file
  }

  test.each(PROFILES)('%s %s %s are inferred as they are, or not at all', async (...columns) => {
    const bytes = await ere(columns)
    const index = await readDynamicBlockIndex(fromBytes(bytes))
    const expected = await readColumns(fromBytes(bytes), index)
    const { size } = partly(bytes, [])
    const known: [number, number][][] = [
      [],
      [[0, 1000]],
      [[size - 20_000, size]],
      [
        [0, 1000],
        [size - 20_000, size],
      ],
    ]
    for (const parts of known) {
      const source = partly(bytes, parts)
      const inferred = inferColumns(source, index)
      expect([expected, undefined]).toContainEqual(inferred)
      if (parts.length === 2) expect(inferred).toEqual(expected)
      expect(await readColumns(source, index)).toEqual(expected)
      expect(source.reads).toBe(inferred === undefined ? expected.length : 0)
    }
  })

  test('in any order are inferred as they are', async () => {
    const bytes = await ere(ALL)
    const index = await readDynamicBlockIndex(fromBytes(bytes))
    const columns = await readColumns(fromBytes(bytes), index)
    for (const order of [
      [0, 1, 2, 4, 3],
      [4, 3, 2, 1, 0],
      [1, 0, 3, 2, 4],
    ]) {
      const targets = Array.from({ length: index.count }, (_, i) => order.map((column) => index.target(i, column)))
      const record = encodeDynamicBlockIndex({ position: index.position, start: 0n, targets, components: 5 })
      const changed = Buffer.concat([bytes.subarray(0, index.position), record])
      const source = partly(changed, [
        [0, 1000],
        [changed.length - 20_000, changed.length],
      ])
      const found = inferColumns(source, await readDynamicBlockIndex(fromBytes(changed)))
      expect(found).toEqual(order.map((column) => columns[column]))
    }
  })

  test('that could be others are read', async () => {
    const alike = largeRows.map((row, i) => ({ ...row, receipts: someBytes(500, i) }))
    const sink = toBytes()
    await writeEre(sink, { start: 0n, read: () => alike }, { columns: ['receipts', 'totalDifficulty'] })
    const bytes = sink.bytes()
    const source = partly(bytes, [
      [0, 1000],
      [bytes.length - 1000, bytes.length],
    ])
    const index = await readDynamicBlockIndex(fromBytes(bytes))
    expect(inferColumns(source, index)).toBeUndefined()
    expect(await readColumns(source, index)).toEqual(['header', 'body', 'receipts', 'totalDifficulty'])
  })
})

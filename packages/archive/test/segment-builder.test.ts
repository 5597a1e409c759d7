import { fromBytes } from '@datastreamer/e2store'
import { decodeEntries, type Entry } from '@datastreamer/format'
import { BookmarkType, encodeSequencerEntry, GENERATIONS, type Generation } from '@datastreamer/sequencer-entries'
import { describe, expect, test } from 'vitest'
import {
  type BuiltSegment,
  openSegment,
  portableSha256,
  readBlock,
  SegmentBuilder,
  streamStart,
  verifySegment,
} from '../src/index.ts'
import { nodeCodecs, nodeZstdEncoder } from '../src/node.ts'
import { fileOf, IDENTITY, numbered, segmentOf } from './support/layout-2.ts'
import { sequencerStream } from './support/sequencer-stream.ts'

interface Found {
  readonly entries: readonly Entry[]
  /** Number of the entry after each operation boundary. */
  readonly boundaries: readonly bigint[]
  /** Entries and bytes of each record. */
  readonly records: readonly (readonly [entries: number, bytes: number])[]
  readonly forkIds: readonly bigint[]
}

/** What is in a segment, after all of it was verified. */
async function read(segment: BuiltSegment): Promise<Found> {
  const opened = await openSegment(fromBytes(fileOf(segment)), nodeCodecs)
  await verifySegment(opened)
  if (opened.layout !== 2) throw new Error('another layout')
  const entries: Entry[] = []
  const boundaries: bigint[] = []
  const records: [number, number][] = []
  const forkIds: bigint[] = []
  for await (const run of opened.runs('read')) {
    entries.push(...decodeEntries(run.bytes))
    boundaries.push(...run.boundaries.map((before) => run.first + BigInt(before)))
    records.push([run.count, run.bytes.length])
    forkIds.push(run.forkId)
  }
  return { entries, boundaries, records, forkIds }
}

/** Compare entries without a comparison of every byte by its own. */
function expectSame(found: readonly Entry[], expected: readonly Entry[]): void {
  const heads = (entries: readonly Entry[]) => entries.map(({ type, number, data }) => [type, number, data.length])
  expect(heads(found)).toEqual(heads(expected))
  for (const [i, { data }] of expected.entries()) {
    if (Buffer.compare(found[i]?.data ?? new Uint8Array(0), data) !== 0) throw new Error(`entry ${i} has other data`)
  }
}

function endsOf(operations: readonly (readonly Entry[])[]): bigint[] {
  return operations.map((operation) => (operation.at(-1)?.number ?? -1n) + 1n)
}

describe('a segment has the entries and boundaries that were added', () => {
  const CASES: readonly (readonly [Generation | undefined])[] = [
    ...GENERATIONS.map((each) => [each] as const),
    [undefined],
  ]

  test.each(CASES)('of encoding %s', async (encoding) => {
    const operations = numbered(sequencerStream(encoding ?? 'etrog', { blocks: 40, transaction: (n) => n * 2000 }))
    const segment = await segmentOf(operations, encoding)
    const { entries, boundaries, records } = await read(segment)
    expectSame(entries, operations.flat())
    expect(boundaries).toEqual(endsOf(operations))
    expect(records.length).toBe(2)
    expect(segment.header.encoding).toBe(encoding)
    expect(segment.index.blocks).toEqual(
      encoding === undefined
        ? { first: 0n, count: 0, firstBatch: 0n, lastBatch: 0n, firstTime: 0n, lastTime: 0n }
        : {
            ...{ first: 1n, count: 40, firstBatch: 1n, lastBatch: 14n },
            ...{ firstTime: 1_700_000_000n, lastTime: 1_700_000_078n },
          },
    )
  })

  test('of no sequencer, with entries without data and one of a page', async () => {
    const operations = numbered([
      [{ type: 9, data: new Uint8Array(0) }],
      [{ type: 9, data: new Uint8Array(1_048_559).fill(3) }],
      [{ type: 0xb0, data: new Uint8Array(0) }],
    ])
    const { entries, boundaries, records } = await read(await segmentOf(operations, undefined))
    expectSame(entries, operations.flat())
    expect(boundaries).toEqual([1n, 2n, 3n])
    expect(records).toEqual([
      [1, 17],
      [1, 1_048_576],
      [1, 17],
    ])
  })

  test('where an operation may follow that is not whole, and none begins', async () => {
    const [first = [], second = []] = numbered(sequencerStream('protobuf', { blocks: 2 }))
    const start = streamStart(IDENTITY, portableSha256)
    const given = { identity: IDENTITY, encoding: 'protobuf' as const, sha256: portableSha256, zstd: nodeZstdEncoder }
    const builder = new SegmentBuilder({ ...given, start })
    builder.boundary()
    for (const entry of first) await builder.add(entry)
    builder.boundary()
    builder.boundary()
    for (const entry of second.slice(0, 2)) await builder.add(entry)
    const built = await builder.finish()
    expect((await read(built)).boundaries).toEqual([BigInt(first.length)])
    const rest = new SegmentBuilder({ ...given, start: built.index.end, forkId: built.forkId })
    for (const entry of second.slice(2)) await rest.add(entry)
    rest.boundary()
    const { entries, forkIds } = await read(await rest.finish())
    expectSame(entries, second.slice(2))
    expect(forkIds).toEqual([6n])
  })
})

describe('records end', () => {
  const MIB = 1_048_576

  test('before an operation that does not fit', async () => {
    const operations = numbered(sequencerStream('protobuf', { blocks: 9, transaction: () => 300_000 }))
    const { records } = await read(await segmentOf(operations, 'protobuf'))
    expect(records.map(([entries]) => entries)).toEqual([0, 3, 6].map((i) => operations.slice(i, i + 3).flat().length))
  })

  test('before an L2 block that does not fit, in an operation of many, and only there in a large one', async () => {
    const blocks = [...sequencerStream('protobuf', { blocks: 9, transaction: (n) => (n === 8 ? 1_040_000 : 300_000) })]
    const [small = [], ...rest] = blocks
    const operations = numbered([small, rest.flat()])
    const { entries, records, boundaries } = await read(await segmentOf(operations, 'protobuf'))
    expectSame(entries, operations.flat())
    expect(boundaries).toEqual(endsOf(operations))
    const sizes = [
      [0, 1],
      [1, 4],
      [4, 7],
      [7, 8],
      [8, 9],
    ] as const
    // The end of a batch stands after its last block.
    expect(records.map(([count]) => count)).toEqual(sizes.map(([from, to]) => blocks.slice(from, to).flat().length))
  })

  test('inside a block only if it is larger than a record', async () => {
    const block = [...sequencerStream('protobuf', { blocks: 3, transaction: () => 700_000 })]
    const [first = [], second = [], third = []] = block
    const transaction = { type: 3, data: new Uint8Array(700_000).fill(1) }
    const operations = numbered([first, [...second.slice(0, 2), transaction, transaction, ...second.slice(2)], third])
    const { entries, records } = await read(await segmentOf(operations, 'protobuf'))
    expectSame(entries, operations.flat())
    for (const [, bytes] of records) expect(bytes).toBeLessThanOrEqual(MIB)
    // The second block in three parts, of which the last is with the rest of it.
    expect(records.map(([count]) => count)).toEqual([6, 3, 1, 2, 5])
  })

  test('anywhere if nothing is known of blocks', async () => {
    const operations = numbered([
      Array.from({ length: 10 }, (_, i) => ({ type: 9, data: new Uint8Array(300_000).fill(i) })),
    ])
    const { records } = await read(await segmentOf(operations, undefined))
    expect(records.map(([count]) => count)).toEqual([3, 3, 3, 1])
  })
})

describe('what is said of blocks', () => {
  test('is nothing if they cannot be read or are not consecutive: the entries are kept all the same', async () => {
    const blocks = numbered(sequencerStream('protobuf', { blocks: 6 }))
    const gap = numbered([
      ...sequencerStream('protobuf', { blocks: 3 }),
      ...sequencerStream('protobuf', { blocks: 3, firstBlock: 9 }),
    ])
    const unreadable = numbered([
      ...sequencerStream('protobuf', { blocks: 3 }),
      [{ type: 2, data: Uint8Array.of(0xff) }],
    ])
    expect((await segmentOf(blocks, 'protobuf')).fault).toBeUndefined()
    for (const operations of [gap, unreadable]) {
      const segment = await segmentOf(operations, 'protobuf')
      expect(segment.fault).toEqual(expect.any(String))
      expect(segment.header.encoding).toBeUndefined()
      expect(segment.index.blocks.count).toBe(0)
      const { entries, forkIds } = await read(segment)
      expectSame(entries, operations.flat())
      expect(forkIds).toEqual([0n])
    }
  })

  test('finds a block whose batch began in an earlier record, with its fork id, and one that goes on in later ones', async () => {
    const operations = numbered(sequencerStream('protobuf', { blocks: 6, transaction: () => 1_040_000 }))
    const segment = await segmentOf(operations, 'protobuf')
    const opened = await openSegment(fromBytes(fileOf(segment)), nodeCodecs)
    for (let number = 1n; number <= 6n; number++) {
      expect(await readBlock(opened, number)).toMatchObject({ number, forkId: number <= 3n ? 6n : 7n })
    }
    expect(await readBlock(opened, 7n)).toBeUndefined()
    expect(await readBlock(opened, 0n)).toBeUndefined()
    expect((await read(segment)).forkIds.slice(0, 4)).toEqual([0n, 6n, 6n, 0n])
  })

  test('counts a block where it begins, wherever its bookmark is', async () => {
    const bookmark = encodeSequencerEntry({ kind: 'bookmark', type: BookmarkType.L2_BLOCK, value: 1n }, 'protobuf')
    const filler = { type: 9, data: new Uint8Array(1_048_530) }
    const block = encodeSequencerEntry({ kind: 'l2Block', number: 1n, batchNumber: 1n, timestamp: 5n }, 'protobuf')
    const segment = await segmentOf(numbered([[bookmark, filler, block]]), 'protobuf')
    expect(segment.index.records.map(({ blocks }) => blocks)).toEqual([0, 1])
    expect(segment.index.pages).toBe(1)
    await read(segment)
  })
})

test('a segment is made of the next entries only, and of one at least', async () => {
  const given = { identity: IDENTITY, encoding: undefined, sha256: portableSha256, zstd: nodeZstdEncoder }
  const builder = new SegmentBuilder({ ...given, start: streamStart(IDENTITY, portableSha256) })
  expect(() => builder.add({ type: 1, number: 1n, data: new Uint8Array(0) })).toThrow(RangeError)
  await expect(builder.finish()).rejects.toThrow(RangeError)
})

test('a compressor that fails is an error of who adds or finishes, and records wait two at a time', async () => {
  const waiting: (() => void)[] = []
  const zstd = {
    compress: async (content: Uint8Array): Promise<Uint8Array> => {
      await new Promise<void>((resolve) => waiting.push(resolve))
      return nodeZstdEncoder.compress(content)
    },
  }
  const given = { identity: IDENTITY, encoding: undefined, sha256: portableSha256 }
  const start = streamStart(IDENTITY, portableSha256)
  const builder = new SegmentBuilder({ ...given, zstd, start })
  const entry = (number: bigint): Entry => ({ type: 1, number, data: new Uint8Array(1_048_559) })
  expect(builder.add(entry(0n))).toBeUndefined()
  expect(builder.add(entry(1n))).toBeUndefined()
  const room = builder.add(entry(2n))
  expect(room).toBeInstanceOf(Promise)
  expect(waiting.length).toBe(2)
  waiting[0]?.()
  await room
  expect(builder.add(entry(3n))).toBeInstanceOf(Promise)

  const failing = { compress: () => Promise.reject(new Error('no memory')) }
  const other = new SegmentBuilder({ ...given, zstd: failing, start })
  await other.add(entry(0n))
  await expect(other.finish()).rejects.toThrow('no memory')
})

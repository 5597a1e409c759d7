import { hasVectors, readVector } from '@datastreamer/fixtures'
import { type Entry, readEntries } from '@datastreamer/format'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  assembleBatches,
  assembleBlocks,
  BookmarkType,
  batchBookmark,
  blockBookmark,
  blockToJson,
  checkSequence,
  decodeSequencerEntry,
  dumpBatch,
  encodeSequencerEntry,
  type FullL2Block,
  type Generation,
  OperationBoundaries,
  suggestGeneration,
} from '../src/index.ts'
import { collect } from './stream-entries.ts'

interface BlockFacts {
  readonly entry: number
  readonly number: number
  readonly [field: string]: number | string
}

interface Facts {
  readonly totalEntries: number
  readonly bookmarks: number
  readonly blocks: number
  readonly transactions: number
  readonly batches: number
  readonly firstBlock: BlockFacts
  readonly lastBlock: BlockFacts
  readonly firstBlockWithTx: number
  readonly firstBatch: { readonly number: number; readonly type: number; readonly forkId: number }
  readonly lastBatch: { readonly number: number; readonly forkId: number; readonly entry: number }
  readonly forkIds: readonly number[]
  readonly chainIds: readonly number[]
}

describe.skipIf(!hasVectors('real-stream'))('the stream of a real network', () => {
  let entries: Entry[]
  let facts: Facts
  let generation: Generation

  beforeAll(async () => {
    const file = readVector('real-stream', 'data-stream.bin.gz')
    facts = JSON.parse(new TextDecoder().decode(readVector('real-stream', 'facts.json'))) as Facts
    const reading = readEntries(file)
    generation = suggestGeneration(await reading.header)
    entries = await collect(reading)
  })

  test('is of the protobuf generation', () => {
    expect(generation).toBe('protobuf')
    expect(entries).toHaveLength(facts.totalEntries)
  })

  test('re-encodes entry by entry to its own bytes', () => {
    const different = entries.filter((entry) => {
      const encoded = encodeSequencerEntry(decodeSequencerEntry(entry, generation), generation)
      return encoded.type !== entry.type || Buffer.compare(encoded.data, entry.data) !== 0
    })
    expect(different).toEqual([])
  })

  test('has the bookmarks that the helpers write', () => {
    const differ: bigint[] = []
    let count = 0
    for (const entry of entries) {
      const decoded = decodeSequencerEntry(entry, generation)
      if (decoded.kind !== 'bookmark') continue
      count++
      const { type, value } = decoded
      const expected = type === BookmarkType.BATCH ? batchBookmark(value) : blockBookmark(value)
      if (Buffer.compare(expected, entry.data) !== 0) differ.push(entry.number)
    }
    expect(count).toBe(facts.bookmarks)
    expect(differ).toEqual([])
  })

  test('gives its blocks', async () => {
    const blocks = await collect(assembleBlocks([entries], { generation }))
    expect(blocks).toHaveLength(facts.blocks)
    expect(blocks.map((block) => block.number)).toEqual(blocks.map((_, i) => BigInt(i)))
    expect(blocks.reduce((sum, block) => sum + block.transactions.length, 0)).toBe(facts.transactions)
    expect(blocks.find((block) => block.transactions.length > 0)?.number).toBe(BigInt(facts.firstBlockWithTx))
    expect(new Set(blocks.map((block) => Number(block.forkId)))).toEqual(new Set(facts.forkIds))
    expectFacts(blocks[0], facts.firstBlock)
    expectFacts(blocks.at(-1), facts.lastBlock)
  })

  test('gives its batches, but the one that is open at the end', async () => {
    const batches = await collect(assembleBatches([entries], { generation }))
    expect(batches).toHaveLength(facts.batches - 1)
    expect(batches[0]).toMatchObject({ number: 0n, entryNumber: 1n, lastEntryNumber: 4n, type: facts.firstBatch.type })
    expect(new Set(batches.map((batch) => Number(batch.chainId)))).toEqual(new Set(facts.chainIds))
    const inBatches = batches.reduce((sum, batch) => sum + batch.blocks.length, 0)
    const open = await dumpBatch([entries], BigInt(facts.lastBatch.number), { generation })
    const inOpen = open && open.l2BlockLast - open.l2BlockFirst + 1n
    expect(BigInt(inBatches) + (inOpen ?? 0n)).toBe(BigInt(facts.blocks))
    expect(open?.entryLast).toBe(BigInt(facts.totalEntries - 1))
  })

  test('is in order', async () => {
    const check = checkSequence([entries], { generation })
    const { done, value } = await check.next()
    expect(done).toBe(true)
    expect(value).toMatchObject({
      entries: BigInt(facts.totalEntries),
      bookmarks: BigInt(facts.bookmarks),
      batches: BigInt(facts.batches),
      blocks: BigInt(facts.blocks),
      transactions: BigInt(facts.transactions),
      firstBlock: BigInt(facts.firstBlock.number),
      lastBlock: BigInt(facts.lastBlock.number),
      lastBatch: BigInt(facts.lastBatch.number),
      findings: 0n,
    })
  })

  test('may be committed after each block and batch', () => {
    const boundaries = new OperationBoundaries(generation)
    const after = entries.filter((entry) => boundaries.push(entry) === 'after')
    expect(after.filter(({ type }) => type === 6)).toHaveLength(facts.blocks - 1)
    expect(after.filter(({ type }) => type === 4)).toHaveLength(facts.batches - 1)
    expect(after.at(-1)?.number).toBe(BigInt(facts.totalEntries - 1))
  })
})

function expectFacts(block: FullL2Block | undefined, { entry, ...fields }: BlockFacts): void {
  expect(block).toBeDefined()
  const json: Record<string, unknown> = block === undefined ? {} : { ...blockToJson(block) }
  expect(json.entryNumber).toBe(String(entry))
  for (const [field, value] of Object.entries(fields)) expect(String(json[field])).toBe(String(value))
}

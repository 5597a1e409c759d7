import { NotFoundError } from '@datastreamer/format'
import {
  assembleBatches,
  assembleBlocks,
  type BatchAssemblerOptions,
  batchBookmark,
  blockBookmark,
  encodeSequencerEntry,
  type FullBatch,
  type FullL2Block,
  type SequencerEntryInit,
} from '@datastreamer/sequencer-entries'
import { beforeAll, describe, expect, test } from 'vitest'
import type { History } from '../src/index.ts'
import { legacyOperations } from './support/legacy-blocks.ts'
import { historyOfBlocks, TestHistory } from './support/make-history.ts'
import { collect, opened, readsOf } from './support/open-history.ts'

let made: TestHistory
let blocks: FullL2Block[]
let batches: FullBatch[]
let history: History
beforeAll(async () => {
  // Several records in each segment, batches over records and segments.
  made = await historyOfBlocks(5, 37, { fill: 100_000 })
  blocks = await collect(assembleBlocks(made.entries, { generation: 'protobuf', endIsBoundary: true }))
  batches = await collect(assembleBatches(made.entries, { generation: 'protobuf' }))
  history = (await opened(made)).history
})

test('all blocks, once, in order', async () => {
  expect(await collect(history.blocks())).toEqual(blocks)
})

test('each block alone is the one that all of them have', async () => {
  for (const block of blocks) expect(await history.block(block.number)).toEqual(block)
  expect(await history.block(185)).toBeUndefined()
  await expect(history.block(-1)).rejects.toThrow(RangeError)
})

test('each batch', async () => {
  for (const batch of batches) expect(await history.batch(batch.number)).toEqual(batch)
  expect(await history.batch(batches.length + 10)).toBeUndefined()
})

test('a block from each block, batch, entry and time on', async () => {
  const first = async (from: NonNullable<Parameters<History['blocks']>[0]>['from']): Promise<bigint | undefined> => {
    for await (const { number } of history.blocks({ from })) return number
    return undefined
  }
  for (const { number, batchNumber, entryNumber, timestamp } of blocks.filter((_, i) => i % 7 === 0)) {
    expect(await first({ block: number })).toBe(number)
    const inBatch = blocks.find((block) => block.batchNumber === batchNumber)
    expect(await first({ batch: batchNumber })).toBe(inBatch?.number)
    expect(await first(entryNumber)).toBe(number)
    expect(await first(entryNumber + 1n)).toBe(blocks.find((block) => block.number > number)?.number)
    expect(await first({ timestamp })).toBe(number)
    expect(await first({ timestamp: timestamp + 1n })).toBe(blocks.find((block) => block.number > number)?.number)
    expect(await first({ bookmark: blockBookmark(number) })).toBe(number)
    expect(await history.at(timestamp)).toEqual(blocks[Number(number)])
    expect(await history.at(timestamp + 1n)).toEqual(blocks[Number(number)])
  }
  expect(await history.at((blocks[0]?.timestamp ?? 0n) - 1n)).toBeUndefined()
  expect(await history.at(2n ** 60n)).toEqual(blocks.at(-1))
})

test('from one block to another', async () => {
  for (const [from, to] of [
    [0, 0],
    [36, 37],
    [90, 120],
    [180, 184],
  ] as const) {
    expect(await collect(history.blocks({ from: { block: from }, to: { block: to } }))).toEqual(
      blocks.slice(from, to + 1),
    )
  }
  expect(await collect(history.blocks({ from: { block: 185 } }))).toEqual([])
  expect(await collect(history.blocks({ from: 'latest' }))).toEqual([])
  await expect(collect(history.blocks({ from: { block: 186 } }))).rejects.toThrow(NotFoundError)
  await expect(collect(history.blocks({ from: { batch: 500 } }))).rejects.toThrow(NotFoundError)
  await expect(collect(history.blocks({ from: { bookmark: Uint8Array.of(1) } }))).rejects.toThrow(NotFoundError)
})

test('every bookmark is found', async () => {
  for (const { type, data, number } of made.entries)
    if (type === 0xb0) expect(await history.bookmark(data)).toBe(number)
  for (const none of [blockBookmark(185n), batchBookmark(500n), Uint8Array.of(1, 2)]) {
    expect(await history.bookmark(none)).toBeUndefined()
  }
})

test('a time costs few records', async () => {
  const reads = readsOf(made)
  const { history: cold } = await opened(made)
  reads()
  for (const { number, timestamp } of [blocks[100], blocks[170]].filter((block) => block !== undefined)) {
    expect((await cold.at(timestamp))?.number).toBe(number)
    expect(reads().length).toBeLessThanOrEqual(3)
  }
})

test('a block outside of a batch has no fork id, however it is read', async () => {
  const inits: SequencerEntryInit[] = [
    { kind: 'batchStart', number: 1n, forkId: 9n },
    { kind: 'l2Block', number: 1n, batchNumber: 1n },
    { kind: 'l2BlockEnd', number: 1n },
    { kind: 'batchEnd', number: 1n },
    { kind: 'l2Block', number: 2n, batchNumber: 2n },
    { kind: 'l2BlockEnd', number: 2n },
  ]
  const strange = new TestHistory({ encoding: 'protobuf' })
  await strange.add(inits.map((init) => [encodeSequencerEntry(init, 'protobuf')]))
  await strange.publish()
  const { history: read } = await opened(strange)
  const all = await collect(read.blocks())
  expect(all.map(({ forkId }) => forkId)).toEqual([9n, undefined])
  for (const block of all) expect(await read.block(block.number)).toEqual(block)
})

describe.each(['pre-etrog', 'etrog', 'sequencer-2023-09'] as const)('%s', (encoding) => {
  test('all, and each', async () => {
    const older = new TestHistory({ encoding })
    const operations = legacyOperations(encoding, 40)
    for (let at = 0; at < operations.length; at += 15) await older.add(operations.slice(at, at + 15))
    await older.publish()
    const options: BatchAssemblerOptions = { generation: encoding }
    const all = await collect(assembleBlocks(older.entries, { ...options, endIsBoundary: true }))
    const { history: read } = await opened(older)
    expect(await collect(read.blocks())).toEqual(all)
    expect(all).toHaveLength(40)
    for (const block of all) expect(await read.block(block.number)).toEqual(block)
    for (const batch of await collect(assembleBatches(older.entries, options))) {
      expect(await read.batch(batch.number)).toEqual(batch)
    }
    for (const { type, data, number } of older.entries)
      if (type === 0xb0) expect(await read.bookmark(data)).toBe(number)
  })
})

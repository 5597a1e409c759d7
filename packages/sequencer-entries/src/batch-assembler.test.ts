import { describe, expect, test } from 'vitest'
import { batchBookmark, batchEnd, block, blockBookmark, bytes, end, ger, start, tx } from '../test/inits.ts'
import { collect, entriesFrom, firstDifference, numbered } from '../test/stream-entries.ts'
import { assembleBatches } from './assemble-batches.ts'
import { assembleBlocks } from './assemble-blocks.ts'
import { BatchAssembler } from './batch-assembler.ts'
import { AssemblyLimitError, SequenceError } from './errors.ts'
import { generateStream } from './generate-stream.ts'
import type { Generation } from './generation.ts'
import type { SequencerEntryInit } from './model.ts'

/** Which of the entries complete which batches, with the numbers of their blocks. */
function pushAll(generation: Generation, first: bigint, inits: readonly SequencerEntryInit[], limits = {}) {
  const assembler = new BatchAssembler({ generation, ...limits })
  return entriesFrom(generation, first, inits).flatMap((entry, i) =>
    assembler.push(entry).map((batch) => [i, batch.number, batch.blocks.map(({ number }) => number)]),
  )
}

describe('protobuf', () => {
  const five = [start(5n), blockBookmark(8n), block(8n, 5n), end(8n), blockBookmark(9n), block(9n, 5n), batchEnd(5n, 3)]

  test('a batch comes out with its end, with blocks that have none', () => {
    expect(
      pushAll('protobuf', 0n, [batchBookmark(5n), ...five, batchBookmark(6n), start(6n), ger(6n), batchEnd(6n)]),
    ).toEqual([
      [7, 5n, [8n, 9n]],
      [11, 6n, []],
    ])
  })

  test('has all that belongs to it', async () => {
    const entries = entriesFrom('protobuf', 70n, [
      { kind: 'batchStart', number: 5n, type: 3, forkId: 9n, chainId: 779n },
      block(8n, 5n),
      tx(8n),
      end(8n),
      ger(5n, 2),
      { kind: 'batchEnd', number: 5n, localExitRoot: bytes(32, 1), stateRoot: bytes(32, 2) },
    ])
    const [batch] = await collect(assembleBatches(entries, { generation: 'protobuf' }))
    expect(batch).toMatchObject({
      number: 5n,
      type: 3,
      forkId: 9n,
      chainId: 779n,
      entryNumber: 70n,
      lastEntryNumber: 75n,
      localExitRoot: bytes(32, 1),
      stateRoot: bytes(32, 2),
      blocks: [{ number: 8n, forkId: 9n, transactions: [{ isValid: true }] }],
      gerUpdates: [{ batchNumber: 5n, stateRoot: bytes(32, 2) }],
    })
  })

  test('passes over the batch in which the entries begin', () => {
    expect(
      pushAll('protobuf', 9n, [blockBookmark(7n), block(7n, 4n), end(7n), ger(4n), batchEnd(4n), ...five]),
    ).toEqual([[11, 5n, [8n, 9n]]])
  })

  test('refuses a batch inside a batch', () => {
    const inside = () => pushAll('protobuf', 9n, [start(5n), batchBookmark(6n), start(6n)])
    expect(inside).toThrow(SequenceError)
    expect(inside).toThrow('entry 11: batch 6 begins inside batch 5')
  })

  test('is bounded', () => {
    const tooMany = () => pushAll('protobuf', 0n, [...five.slice(0, -1), ger(5n)], { maxBlocksPerBatch: 2 })
    expect(tooMany).toThrow(AssemblyLimitError)
    expect(tooMany).toThrow('entry 6: batch 5 has more than maxBlocksPerBatch = 2 blocks and GER updates')
    const large = [start(5n), block(8n, 5n), tx(8n, 300), end(8n), block(9n, 5n), tx(9n, 300), end(9n)]
    expect(() => pushAll('protobuf', 0n, large, { maxBytes: 600 })).toThrow(
      'entry 5: batch 5 has more than maxBytes = 600 bytes of entry data',
    )
    const two = [...large.slice(0, 4), batchEnd(5n), start(6n), block(9n, 6n), tx(9n, 300), end(9n), batchEnd(6n)]
    expect(pushAll('protobuf', 0n, two, { maxBytes: 600 })).toHaveLength(2)
  })
})

describe('before protobuf', () => {
  const legacy = (number: bigint, batchNumber: bigint): SequencerEntryInit => ({
    kind: 'l2Block',
    number,
    batchNumber,
    forkId: 6n,
  })
  const blocks = [legacy(1n, 1n), end(1n), legacy(2n, 1n), end(2n), legacy(3n, 2n), end(3n)]

  test('a batch comes out with the first block of the next', () => {
    expect(pushAll('pre-etrog', 0n, blocks)).toEqual([[5, 1n, [1n, 2n]]])
  })

  test('a GER update makes a batch, and may complete two', () => {
    const [one, , , , three] = blocks
    if (one === undefined || three === undefined) throw new Error('no blocks')
    expect(pushAll('pre-etrog', 0n, [one, end(1n), ger(2n), ger(3n)])).toEqual([
      [2, 1n, [1n]],
      [3, 2n, []],
    ])
    expect(pushAll('pre-etrog', 0n, [one, three, ger(3n)])).toEqual([
      [2, 1n, [1n]],
      [2, 2n, [3n]],
    ])
  })

  test('without block ends, too', () => {
    const old = blocks.filter(({ kind }) => kind === 'l2Block')
    expect(pushAll('sequencer-2023-09', 0n, [...old, legacy(4n, 2n)])).toEqual([[3, 1n, [1n, 2n]]])
  })

  test('passes over the first batch if the entries may begin inside it', () => {
    const more = [...blocks, legacy(4n, 3n), end(4n)]
    expect(pushAll('etrog', 7n, more)).toEqual([[7, 2n, [3n]]])
    expect(pushAll('etrog', 7n, [batchBookmark(1n), ...more])).toEqual([
      [6, 1n, [1n, 2n]],
      [8, 2n, [3n]],
    ])
  })

  test('knows fork id and roots from its blocks', async () => {
    const entries = entriesFrom('pre-etrog', 0n, [
      legacy(1n, 1n),
      { kind: 'l2BlockEnd', number: 1n, stateRoot: bytes(32, 4) },
      ger(2n, 5),
      ger(3n),
    ])
    const batches = await collect(assembleBatches(entries, { generation: 'pre-etrog' }))
    expect(batches).toMatchObject([
      { type: undefined, forkId: 6n, stateRoot: bytes(32, 4), entryNumber: 0n, lastEntryNumber: 1n },
      { forkId: 0n, stateRoot: bytes(32, 5), entryNumber: 2n, lastEntryNumber: 2n },
    ])
  })
})

test('the batches of a generated stream have its blocks, from borrowed memory', async () => {
  const entries = numbered(generateStream({ blocks: 80n }))
  const blocks = await collect(assembleBlocks(entries, { generation: 'protobuf' }))
  const batches = await collect(assembleBatches(poisoned(), { generation: 'protobuf' }))
  const inBatches = batches.flatMap((batch) => batch.blocks)
  expect(batches.length).toBeGreaterThan(8)
  expect(firstDifference(inBatches, blocks.slice(0, inBatches.length))).toBe(-1)
  const roots = batches.map((batch) => batch.blocks.at(-1)?.stateRoot)
  expect(
    firstDifference(
      batches.map((batch) => batch.stateRoot),
      roots,
    ),
  ).toBe(-1)

  function* poisoned() {
    for (const entry of entries) {
      const data = entry.data.slice()
      yield { ...entry, data }
      data.fill(0xee)
    }
  }
})

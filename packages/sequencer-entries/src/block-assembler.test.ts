import { describe, expect, test } from 'vitest'
import { batchBookmark, block, blockBookmark, bytes, end, ger, start, tx } from '../test/inits.ts'
import { collect, entriesFrom, firstDifference, numbered } from '../test/stream-entries.ts'
import { assembleBlocks } from './assemble-blocks.ts'
import { BlockAssembler } from './block-assembler.ts'
import { AssemblyLimitError, SequenceError } from './errors.ts'
import { generateStream } from './generate-stream.ts'
import type { SequencerEntryInit } from './model.ts'

/** Which of the entries complete which block. */
function pushAll(inits: readonly SequencerEntryInit[], first = 0n, limits = {}) {
  const assembler = new BlockAssembler({ generation: 'protobuf', ...limits })
  return entriesFrom('protobuf', first, inits).flatMap((entry, i) => {
    const complete = assembler.push(entry)
    return complete === undefined ? [] : [[i, complete.number]]
  })
}

describe('protobuf', () => {
  test('a block comes out with its end, not later', () => {
    expect(
      pushAll([
        batchBookmark(5n),
        start(5n),
        blockBookmark(8n),
        block(8n, 5n),
        tx(8n),
        end(8n),
        blockBookmark(9n),
        block(9n, 5n),
        end(9n),
      ]),
    ).toEqual([
      [5, 8n],
      [8, 9n],
    ])
  })

  test.each<[string, SequencerEntryInit]>([
    ['bookmark', blockBookmark(9n)],
    ['batch end', { kind: 'batchEnd', number: 5n }],
    ['batch start', start(6n)],
    ['GER update', ger(5n)],
    ['block', block(9n, 5n)],
  ])('a block without an end comes out with the next %s', (_name, next) => {
    expect(pushAll([start(5n), block(8n, 5n), tx(8n), next])).toEqual([[3, 8n]])
  })

  test('has all that belongs to it', () => {
    const assembler = new BlockAssembler({ generation: 'protobuf' })
    const [complete] = entriesFrom('protobuf', 70n, [
      { kind: 'batchStart', number: 5n, forkId: 9n },
      blockBookmark(8n),
      { kind: 'l2Block', number: 8n, batchNumber: 5n, hash: bytes(32, 1), baseFee: bytes(2, 2), timestamp: 99n },
      { kind: 'transaction', l2blockNumber: 8n, index: 4n, imStateRoot: bytes(32, 3), effectiveGasPricePercentage: 5 },
      end(8n),
    ]).flatMap((entry) => assembler.push(entry) ?? [])
    expect(complete).toEqual({
      entryNumber: 72n,
      lastEntryNumber: 74n,
      forkId: 9n,
      number: 8n,
      batchNumber: 5n,
      timestamp: 99n,
      deltaTimestamp: 0,
      minTimestamp: 0n,
      l1Blockhash: bytes(0, 0),
      l1InfotreeIndex: 0,
      hash: bytes(32, 1),
      stateRoot: bytes(0, 0),
      globalExitRoot: bytes(0, 0),
      coinbase: bytes(0, 0),
      blockGasLimit: 0n,
      blockInfoRoot: bytes(0, 0),
      baseFee: bytes(2, 2),
      transactions: [
        {
          index: 4n,
          isValid: false,
          encoded: bytes(0, 0),
          effectiveGasPricePercentage: 5,
          imStateRoot: bytes(32, 3),
        },
      ],
    })
  })

  test('passes over the rest of a block that began before the first entry', () => {
    expect(pushAll([tx(7n), tx(7n), end(7n), blockBookmark(8n), block(8n, 5n), end(8n)], 1000n)).toEqual([[5, 8n]])
  })

  test('does not know the fork id of a batch that began before the first entry', async () => {
    const entries = entriesFrom('protobuf', 1000n, [
      blockBookmark(8n),
      block(8n, 5n),
      end(8n),
      { kind: 'batchEnd', number: 5n },
      start(6n),
      block(9n, 6n),
      end(9n),
      { kind: 'batchEnd', number: 6n },
      block(10n, 7n),
      end(10n),
    ])
    const blocks = await collect(assembleBlocks(entries, { generation: 'protobuf' }))
    expect(blocks.map(({ number, batchNumber, forkId }) => [number, batchNumber, forkId])).toEqual([
      [8n, 5n, undefined],
      [9n, 6n, 9n],
      [10n, 7n, undefined],
    ])
  })

  test.each<[string, SequenceError['code'], SequencerEntryInit[]]>([
    ['a transaction after its block', 'OUTSIDE_BLOCK', [block(8n, 5n), end(8n), tx(8n)]],
    ['a transaction after a bookmark', 'OUTSIDE_BLOCK', [blockBookmark(8n), tx(8n)]],
    ['a transaction after the rest of a block', 'OUTSIDE_BLOCK', [end(7n), tx(8n)]],
    ['a second end', 'OUTSIDE_BLOCK', [block(8n, 5n), end(8n), end(8n)]],
    ['the end of another block', 'OTHER_BLOCK', [block(8n, 5n), end(9n)]],
    ['a transaction of another block', 'OTHER_BLOCK', [block(8n, 5n), tx(9n)]],
    ['a block of another batch', 'OTHER_BATCH', [start(5n), block(8n, 6n)]],
    ['the end of another batch', 'OTHER_BATCH', [start(5n), { kind: 'batchEnd', number: 6n }]],
  ])('refuses %s', (_name, code, inits) => {
    const bad = BigInt(10 + inits.length - 1)
    expect(() => pushAll(inits, 10n)).toThrow(SequenceError)
    expect(() => pushAll(inits, 10n)).toThrow(expect.objectContaining({ code, entryNumber: bad }))
    expect(() => pushAll(inits.slice(0, -1), 10n)).not.toThrow()
  })

  test('refuses a gap', () => {
    const [first, second] = entriesFrom('protobuf', 5n, [block(8n, 5n), tx(8n)])
    const assembler = new BlockAssembler({ generation: 'protobuf' })
    if (first === undefined || second === undefined) throw new Error('no entries')
    assembler.push(first)
    expect(() => assembler.push({ ...second, number: 7n })).toThrow('entry 7: expected entry 6')
  })

  test('is bounded', () => {
    expect(() => pushAll([block(8n, 5n), tx(8n), tx(8n)], 0n, { maxTransactionsPerBlock: 2 })).not.toThrow()
    const tooMany = () => pushAll([block(8n, 5n), tx(8n), tx(8n), tx(8n)], 0n, { maxTransactionsPerBlock: 2 })
    expect(tooMany).toThrow(AssemblyLimitError)
    expect(tooMany).toThrow('entry 3: block 8 has more than maxTransactionsPerBlock = 2 transactions')
    const tooLarge = () => pushAll([block(8n, 5n), tx(8n, 400), tx(8n, 400)], 0n, { maxBytes: 500 })
    expect(tooLarge).toThrow('entry 2: block 8 has more than maxBytes = 500 bytes of entry data')
    expect(() =>
      pushAll([block(8n, 5n), tx(8n, 400), end(8n), block(9n, 5n), tx(9n, 400)], 0n, { maxBytes: 500 }),
    ).not.toThrow()
  })

  test('tolerates entry types to come', () => {
    const future: SequencerEntryInit = { kind: 'unknown', type: 77, data: bytes(3, 1) }
    expect(pushAll([block(8n, 5n), future, tx(8n), future, end(8n)])).toEqual([[4, 8n]])
  })
})

describe('at the end of the entries', () => {
  const entries = entriesFrom('protobuf', 0n, [start(0n), block(0n, 0n), end(0n), block(1n, 0n), tx(1n)])

  test('an open block is not given', async () => {
    const blocks = await collect(assembleBlocks(entries, { generation: 'protobuf' }))
    expect(blocks.map(({ number }) => number)).toEqual([0n])
  })

  test('unless they end between two operations', async () => {
    const blocks = await collect(assembleBlocks(entries, { generation: 'protobuf', endIsBoundary: true }))
    expect(blocks.map(({ number }) => number)).toEqual([0n, 1n])
    expect(blocks.at(-1)).toMatchObject({ entryNumber: 3n, lastEntryNumber: 4n })
  })
})

describe('a generated stream', () => {
  const entries = numbered(generateStream({ blocks: 60n }))

  test('gives the same blocks entry by entry, in arrays of any size, and from borrowed memory', async () => {
    const one = await collect(assembleBlocks(entries, { generation: 'protobuf' }))
    expect(one).toHaveLength(60)
    const batches = await collect(assembleBlocks(inArrays(), { generation: 'protobuf' }))
    expect(firstDifference(batches, one)).toBe(-1)
    const borrowed = await collect(assembleBlocks(poisoned(), { generation: 'protobuf' }))
    expect(firstDifference(borrowed, one)).toBe(-1)
  })

  async function* inArrays() {
    for (let at = 0, size = 0; at < entries.length; at += size, size = (size + 3) % 8)
      yield entries.slice(at, at + size)
  }

  function* poisoned() {
    for (const entry of entries) {
      const data = entry.data.slice()
      yield { ...entry, data }
      data.fill(0xee)
    }
  }
})

test('the source is closed when the consumer stops', async () => {
  let closed = false
  async function* source() {
    try {
      yield entriesFrom('protobuf', 0n, [block(8n, 5n), end(8n)])
      yield entriesFrom('protobuf', 2n, [block(9n, 5n), end(9n)])
    } finally {
      closed = true
    }
  }
  for await (const { number } of assembleBlocks(source(), { generation: 'protobuf' })) {
    expect(number).toBe(8n)
    break
  }
  expect(closed).toBe(true)
})

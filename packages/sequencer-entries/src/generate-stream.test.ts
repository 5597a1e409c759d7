import { describe, expect, test } from 'vitest'
import { collect, firstDifference, numbered } from '../test/stream-entries.ts'
import { assembleBatches } from './assemble-batches.ts'
import { assembleBlocks } from './assemble-blocks.ts'
import { decodeSequencerEntry } from './decode-entry.ts'
import { generateStream } from './generate-stream.ts'
import { toHex } from './hex.ts'

const bytesOf = (options: Parameters<typeof generateStream>[0]) =>
  [...generateStream(options)].flat().map(({ type, data }) => `${type}:${toHex(data)}`)

test('the same seed gives the same bytes, another seed others', () => {
  expect(firstDifference(bytesOf({ seed: 7n, blocks: 30n }), bytesOf({ seed: 7n, blocks: 30n }))).toBe(-1)
  expect(firstDifference(bytesOf({ seed: 7n, blocks: 30n }), bytesOf({ seed: 8n, blocks: 30n }))).not.toBe(-1)
})

test('the first entries of seed 1 never change', () => {
  const [first] = generateStream({ blocks: 1n })
  expect(first?.slice(0, 3).map(({ type, data }) => [type, toHex(data)])).toEqual([
    [176, '0801'],
    [1, '1001180920cd08'],
    [176, '0802'],
  ])
  expect(toHex(first?.[3]?.data ?? new Uint8Array(0))).toBe(
    '1880e2cfaa0632200ed9517ff24c90673080fc32a4309243a05d2746f6d4ff600926ac8e3025bef64220869b2a198fb1' +
      'b04a0fd6eb9587f9dda0eb532298b190e7cc6e70283e84c72d864a20ff16e9883f0513460eac6a6b6018d5fb9547fa30' +
      '1563b0eed8cd1c860207d39a52201edc877b1011d0519fa666b931135a34b432414b2ad74042ccc054a395ec9a105a14' +
      '2776ed550c30dc72d5e2722dee4f9887a9cc1ea46080808080808080026a206433ae69228c941dce4ae461466793c5f8' +
      '671835a10be6755bed2d04323331597a047fa3a0d0',
  )
})

test('one operation a block, each block from its seed and number only', () => {
  const all = [...generateStream({ blocks: 50n })]
  expect(all).toHaveLength(50)
  expect(firstDifference([...generateStream({ firstBlock: 20n, blocks: 30n })], all.slice(20))).toBe(-1)
  expect(firstDifference([...generateStream({ blocks: 20n })], all.slice(0, 20))).toBe(-1)
})

test('goes on for ever without a number of blocks', () => {
  const stream = generateStream({ firstBlock: 2n ** 40n })
  for (let i = 0; i < 100; i++) expect(stream.next().done).toBe(false)
})

test('takes chain, fork and time from the options', async () => {
  const options = { blocks: 3n, chainId: 42n, forkId: 12n, genesisTimestamp: 1000n, blockSeconds: 5 }
  const entries = numbered(generateStream(options))
  const started = entries
    .map((entry) => decodeSequencerEntry(entry, 'protobuf'))
    .find(({ kind }) => kind === 'batchStart')
  expect(started).toMatchObject({ chainId: 42n, forkId: 12n, type: 1 })
  const blocks = await collect(assembleBlocks(entries, { generation: 'protobuf' }))
  expect(blocks.map(({ timestamp, deltaTimestamp }) => [timestamp, deltaTimestamp])).toEqual([
    [1000n, 0],
    [1005n, 5],
    [1010n, 5],
  ])
})

describe('500 blocks', () => {
  const entries = numbered(generateStream({ blocks: 500n }))

  test('vary in batches, transactions and sizes', async () => {
    const batches = await collect(assembleBatches([entries], { generation: 'protobuf' }))
    const blocks = batches.flatMap((batch) => batch.blocks)
    expect(new Set(batches.map((batch) => batch.blocks.length)).size).toBeGreaterThan(4)
    expect(new Set(blocks.map((block) => block.transactions.length)).size).toBeGreaterThan(8)
    const sizes = blocks.flatMap((block) => block.transactions.map(({ encoded }) => encoded.length))
    expect(Math.min(...sizes)).toBeLessThan(150)
    expect(Math.max(...sizes)).toBeGreaterThan(10_000)
    expect(new Set(blocks.map((block) => block.baseFee.length))).toEqual(new Set([0, 4]))
  })

  test('hold transactions that are RLP lists of nine items', async () => {
    const blocks = await collect(assembleBlocks([entries], { generation: 'protobuf' }))
    for (const { transactions } of blocks) {
      for (const { encoded } of transactions) expect(rlpItems(encoded)).toBe(9)
    }
  })

  test('end each block with the state root of its last transaction', async () => {
    const blocks = await collect(assembleBlocks([entries], { generation: 'protobuf' }))
    for (const { transactions, stateRoot } of blocks) {
      const last = transactions.at(-1)
      if (last !== undefined) expect(last.imStateRoot).toEqual(stateRoot)
    }
  })
})

/** Number of items of an RLP list that fills the bytes exactly. */
function rlpItems(bytes: Uint8Array): number {
  const [body, end] = span(bytes, 0)
  expect(bytes[0]).toBeGreaterThanOrEqual(0xc0)
  expect(end).toBe(bytes.length)
  let items = 0
  for (let at = body; at < end; items++) at = span(bytes, at)[1]
  return items
}

/** Where the content of the RLP item at `at` begins and ends. */
function span(bytes: Uint8Array, at: number): [number, number] {
  const head = bytes[at] ?? 0
  if (head < 0x80) return [at, at + 1]
  const base = head < 0xc0 ? 0x80 : 0xc0
  if (head - base < 56) return [at + 1, at + 1 + head - base]
  const size = head - base - 55
  const length = bytes.subarray(at + 1, at + 1 + size).reduce((sum, byte) => sum * 256 + byte, 0)
  return [at + 1 + size, at + 1 + size + length]
}

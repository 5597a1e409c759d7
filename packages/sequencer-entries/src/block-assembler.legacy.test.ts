import { describe, expect, test } from 'vitest'
import { blockBookmark, bytes } from '../test/inits.ts'
import { collect, entriesFrom } from '../test/stream-entries.ts'
import { assembleBlocks } from './assemble-blocks.ts'
import { BlockAssembler } from './block-assembler.ts'

describe('before protobuf', () => {
  test('sequencer-2023-09 has no block ends', async () => {
    const entries = entriesFrom('sequencer-2023-09', 0n, [
      { kind: 'l2Block', number: 1n, batchNumber: 1n, coinbase: bytes(20, 1) },
      { kind: 'transaction', batchNumber: 1n, encoded: bytes(2, 2) },
      { kind: 'transaction', batchNumber: 1n, encoded: bytes(2, 3) },
      { kind: 'l2Block', number: 2n, batchNumber: 3n },
    ])
    const options = { generation: 'sequencer-2023-09', endIsBoundary: true } as const
    const blocks = await collect(assembleBlocks(entries, options))
    expect(blocks.map(({ number, forkId }) => [number, forkId])).toEqual([
      [1n, undefined],
      [2n, undefined],
    ])
    expect(blocks[0]?.transactions.map(({ index, encoded }) => [index, encoded])).toEqual([
      [0n, bytes(2, 2)],
      [1n, bytes(2, 3)],
    ])
  })

  test.each(['pre-etrog', 'etrog'] as const)(
    '%s has hash and state root in the end, the fork id in the block',
    async (generation) => {
      const entries = entriesFrom(generation, 0n, [
        blockBookmark(1n),
        { kind: 'l2Block', number: 1n, batchNumber: 1n, forkId: 7n },
        { kind: 'transaction', encoded: bytes(2, 2), imStateRoot: bytes(32, 9) },
        { kind: 'l2BlockEnd', number: 1n, hash: bytes(32, 4), stateRoot: bytes(32, 5) },
      ])
      const [only] = await collect(assembleBlocks(entries, { generation }))
      expect(only).toMatchObject({ forkId: 7n, hash: bytes(32, 4), stateRoot: bytes(32, 5), lastEntryNumber: 3n })
      expect(only?.transactions[0]?.imStateRoot).toEqual(bytes(32, 9))
    },
  )
})

test('a block owns its bytes, also those that its end brings, and also of a Buffer, whose slice is no copy', () => {
  const assembler = new BlockAssembler({ generation: 'etrog' })
  const inits = [
    { kind: 'l2Block', number: 1n, coinbase: bytes(20, 3) },
    { kind: 'l2BlockEnd', number: 1n, hash: bytes(32, 4) },
  ] as const
  const [complete] = entriesFrom('etrog', 0n, inits).flatMap((entry) => {
    const data = Buffer.from(entry.data)
    const full = assembler.push({ ...entry, data })
    data.fill(0xee)
    return full ?? []
  })
  expect(complete).toMatchObject({ coinbase: bytes(20, 3), hash: bytes(32, 4), stateRoot: bytes(32, 0) })
})

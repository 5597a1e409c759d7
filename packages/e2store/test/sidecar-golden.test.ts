import { createHash } from 'node:crypto'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { describe, expect, test } from 'vitest'
import { buildSidecar } from '../src/sidecar.ts'
import { smallSidecar } from './mutations/sidecar-kinds.ts'
import { busyBlocks, envelopeOf, type MadeUpBlock, openMadeUp, writeMadeUp } from './support/made-up-blocks.ts'

const topic = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
const BLOCKS: readonly MadeUpBlock[] = [
  [{ envelope: envelopeOf(Uint8Array.of(1, 2), 0), logs: [] }],
  [],
  [
    {
      envelope: envelopeOf(Uint8Array.of(3), 2),
      logs: [{ address: new Uint8Array(20).fill(9), topics: [topic(7), topic(8)], data: new Uint8Array(0) }],
    },
    { envelope: envelopeOf(Uint8Array.of(4), 1), logs: [] },
  ],
]
const data = await writeMadeUp('ere', 8192n, BLOCKS)
const sidecar = await buildSidecar(await openMadeUp('ere', data, 3))

const GOLDEN = [
  '6532000000000000d600a4000000000001020100030000000020000000000000de0200000000000065b296e9823980f6',
  '70765dd609cff7b72addd51e6740e50c611eb8deea05f9d1000000000000000000000000000000000000000000000000',
  '0000000000000000203603e18fc972e5f710c85b7ed7562a59d1399ef495af950523479642a676fe0300000013000000',
  '2400020003000000130000002400020103000000090000000a00020000000000bce31a2fd60128000000000000000000',
  '13000000a7a405fa00000000130000001f0e402700000000090000007c7625e510a7499fd60213000000000050587d6d',
  '4196ca5ba62a2324cbf84082eece61d60313000000000006b9e1ceb02298ef8036db4c7db120f6b117a2d60409000000',
  '000035e6aac96049a13d5bd605000000000000',
].join('')

const DIGESTS: Readonly<Record<string, string>> = {
  'with bitmaps': 'd1f4ba1c6d02752639a4cb8a161131b9074cbbede99c9280996f0fe7cb76136e',
  'with many buckets': '5b30ad62aad131d765274f8c8d0c8e58f94a6df9c703d29d201a123690f49a9a',
}

async function busySidecar(): Promise<Uint8Array> {
  const blocks = [...busyBlocks(24, 11)]
  return buildSidecar(await openMadeUp('era1', await writeMadeUp('era1', 8192n, blocks), blocks.length))
}

/** Little-endian number in a text of hex. */
const number = (hex: string): number => Number(`0x${hex.match(/../g)?.reverse().join('')}`)
const bitsOf = (hex: string): string =>
  [...hex].map((digit) => Number.parseInt(digit, 16).toString(2).padStart(4, '0')).join('')

test.each([
  ['with bitmaps', smallSidecar],
  ['with many buckets', busySidecar],
])('larger ones stay the same, byte for byte: %s', async (name, build) => {
  expect(
    createHash('sha256')
      .update(await build())
      .digest('hex'),
  ).toBe(DIGESTS[name])
})

describe('the sidecar of three blocks', () => {
  test('has these bytes', () => {
    expect(Buffer.from(sidecar).toString('hex')).toBe(GOLDEN)
  })

  test('says by the letter of the specification what the blocks hold', () => {
    const at = (from: number, length: number): string => GOLDEN.slice(2 * from, 2 * (from + length))
    expect(at(0, 16)).toBe('65320000000000' + '00' + 'd600' + 'a4000000' + '0000')
    expect([at(16, 4), number(at(20, 4)), number(at(24, 8)), number(at(32, 8))]).toEqual([
      '01020100',
      3,
      8192,
      data.length,
    ])
    const parts = [136, 148, 160].map((from) => ({
      entries: number(at(from, 4)),
      bytes: number(at(from + 4, 4)),
      shape: at(from + 8, 4),
    }))
    // Kept bits, bits of the bucket, of the block and of the index.
    expect(parts).toEqual([
      { entries: 3, bytes: 19, shape: '24000200' },
      { entries: 3, bytes: 19, shape: '24000201' },
      { entries: 3, bytes: 9, shape: '0a000200' },
    ])
    expect(number(at(172, 4))).toBe(0)
    // Directories: three of two starts, and one of no hashes, each with its checksum.
    expect(at(180, 8)).toBe('d601' + '28000000' + '0000')
    expect(
      [at(188, 8), at(200, 8), at(212, 8)].map((starts) => [number(starts.slice(0, 8)), number(starts.slice(8))]),
    ).toEqual([
      [0, 19],
      [0, 19],
      [0, 9],
    ])
    let position = 228
    const entries = parts.map(({ entries, bytes, shape }, i) => {
      expect(at(position, 8)).toBe(`d60${2 + i}${Buffer.from([bytes, 0, 0, 0]).toString('hex')}0000`)
      const bits = bitsOf(at(position + 8, bytes - 4))
      position += 8 + bytes
      const [hash = 0, , block = 0, index = 0] = Buffer.from(shape, 'hex')
      const width = hash + block + index
      return Array.from({ length: entries }, (_, n) => bits.slice(n * width, (n + 1) * width)).map((entry) => ({
        hash: entry.slice(0, hash),
        block: Number.parseInt(entry.slice(hash, hash + block), 2),
        index: index === 0 ? 0 : Number.parseInt(entry.slice(hash + block), 2),
      }))
    })
    const [blocks = [], transactions = [], logs = []] = entries
    expect(blocks.map(({ block }) => block).toSorted((a, b) => a - b)).toEqual([0, 1, 2])
    expect(new Set(transactions.map(({ block, index }) => `${block}/${index}`))).toEqual(new Set(['0/0', '2/0', '2/1']))
    for (const { hash, block, index } of transactions) {
      const { envelope = new Uint8Array(0) } = BLOCKS[block]?.[index] ?? {}
      expect(hash).toBe(bitsOf(Buffer.from(keccak_256(envelope)).toString('hex')).slice(0, 36))
    }
    expect(logs.map(({ block }) => block)).toEqual([2, 2, 2])
    for (const part of entries) {
      const hashes = part.map(({ hash }) => Number.parseInt(hash, 2))
      expect(hashes).toEqual(hashes.toSorted((a, b) => a - b))
    }
    expect(at(position, 8)).toBe('d605000000000000')
    expect(position + 8).toBe(sidecar.length)
  })
})

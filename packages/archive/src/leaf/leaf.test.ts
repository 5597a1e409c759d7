import { hasVectors, readVector } from '@datastreamer/fixtures'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { StreamPoint } from '../segment/point.ts'
import { LeafChain } from './check-follows.ts'
import { decodeLeaf } from './decode-leaf.ts'
import { encodeLeaf } from './encode-leaf.ts'
import { HistoryError } from './history-error.ts'
import type { EpochLeaf, Leaf, SegmentLeaf } from './leaf.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))

interface Golden {
  readonly leaf: Record<string, number & string> & { readonly records: SegmentLeaf['records'] }
  readonly hex: string
}

describe.skipIf(!hasVectors('tlog'))('golden leaves', () => {
  const { examples } = hasVectors('tlog')
    ? (JSON.parse(new TextDecoder().decode(readVector('tlog/leaf-proposal.json'))) as { examples: readonly Golden[] })
    : { examples: [] }
  test.each(examples.map(({ leaf, hex: text }, i) => [i, leaf, text] as const))('%i', (i, golden, text) => {
    const point = (number: string, position: string, digest: string): StreamPoint => ({
      number: BigInt(golden[number] ?? 0),
      position: golden[position] ?? 0,
      digest: hex(golden[digest] ?? ''),
    })
    const big = (name: string): bigint => BigInt(golden[name] ?? 0)
    const leaf: SegmentLeaf = {
      kind: 'segment',
      epoch: golden.epoch ?? 0,
      start: point('firstEntry', 'firstPosition', 'digestBefore'),
      end: point('nextEntry', 'nextPosition', 'digestBehind'),
      bytes: golden.bytes ?? 0,
      sha256: hex(golden.sha256 ?? ''),
      root: hex(golden.recordsRoot ?? ''),
      blocks: {
        ...{ first: big('firstBlock'), count: golden.blocks ?? 0 },
        ...{ firstBatch: big('firstBatch'), lastBatch: big('lastBatch') },
        ...{ firstTime: big('firstTime'), lastTime: big('lastTime') },
      },
      records: golden.records,
    }
    expect(Buffer.from(encodeLeaf(leaf)).toString('hex')).toBe(text)
    expect(decodeLeaf(hex(text), i)).toEqual(leaf)
  })
})

const digest = (seed: number): Uint8Array => new Uint8Array(32).fill(seed)
const point = (number: bigint, seed = Number(number % 251n)): StreamPoint => ({
  number,
  position: 4096 + Number(number) * 20,
  digest: digest(seed),
})
const identity = { generation: 3, version: 4, systemId: 1101n, streamType: 1n } as const
const epoch = (number: number, at: bigint, over: Partial<EpochLeaf> = {}): EpochLeaf => {
  return { kind: 'epoch', epoch: number, start: point(at), identity, ...over }
}
const segment = (number: number, from: bigint, to: bigint, over: Partial<SegmentLeaf> = {}): SegmentLeaf => ({
  ...{
    kind: 'segment',
    epoch: number,
    start: point(from),
    end: point(to),
    bytes: 500,
    sha256: digest(1),
    root: digest(2),
  },
  blocks: { first: 0n, count: 0, firstBatch: 0n, lastBatch: 0n, firstTime: 0n, lastTime: 0n },
  records: [{ bytes: 100, entries: Number(to - from), blocks: 0 }],
  ...over,
})

const u32 = fc.integer({ min: 1, max: 0xffff_ffff })
const u64 = fc.bigInt(0n, 2n ** 60n)
const segments = fc
  .record({
    ...{ epoch: u32, first: fc.bigInt(0n, 2n ** 40n), bytes: fc.nat(2 ** 40), seed: fc.nat(255) },
    rows: fc.array(fc.record({ bytes: u32, entries: fc.integer({ min: 1, max: 999 }), blocks: fc.nat(9) }), {
      minLength: 1,
    }),
    ...{ block: u64, batch: u64, time: u64 },
  })
  .map(({ epoch: number, first, bytes, seed, rows, block, batch, time }): SegmentLeaf => {
    const count = rows.reduce((sum, { blocks }) => sum + blocks, 0)
    const some = count > 0
    return {
      ...segment(number, first, first + rows.reduce((sum, { entries }) => sum + BigInt(entries), 0n)),
      ...{ bytes, sha256: digest(seed), records: rows },
      blocks: {
        ...{ first: some ? block : 0n, count, firstBatch: some ? batch : 0n, lastBatch: some ? batch + 1n : 0n },
        ...{ firstTime: some ? time : 0n, lastTime: some ? time + 1n : 0n },
      },
    }
  })

test('leaves come back as they were', () => {
  fc.assert(
    fc.property(segments, (leaf) => {
      expect(decodeLeaf(encodeLeaf(leaf), 7)).toEqual(leaf)
    }),
  )
  const leaf = epoch(3, 100n)
  expect(decodeLeaf(encodeLeaf(leaf), 0)).toEqual(leaf)
})

test('there is one encoding: a changed byte is another leaf, or none', () => {
  for (const leaf of [epoch(0, 0n), segment(0, 3n, 9n)]) {
    const bytes = encodeLeaf(leaf)
    for (let at = 0; at < bytes.length * 8; at++) {
      const changed = bytes.slice()
      changed[at >> 3] = (changed[at >> 3] ?? 0) ^ (1 << (at & 7))
      let decoded: Leaf
      try {
        decoded = decodeLeaf(changed, 0)
      } catch (error) {
        expect(error).toBeInstanceOf(HistoryError)
        continue
      }
      expect(encodeLeaf(decoded)).toEqual(changed)
    }
    expect(() => decodeLeaf(bytes.subarray(0, -1), 0)).toThrow(HistoryError)
    expect(() => decodeLeaf(Uint8Array.of(...bytes, 0), 0)).toThrow(HistoryError)
  }
})

describe('what follows what', () => {
  const chainOf = (...leaves: readonly Leaf[]): LeafChain => {
    const chain = new LeafChain()
    for (const leaf of leaves) chain.push(leaf)
    return chain
  }
  const [a, b, c] = [segment(0, 0n, 10n), segment(0, 10n, 20n), segment(0, 20n, 30n)]

  test('segments of one epoch', () => {
    expect(chainOf(epoch(0, 0n), a, b, c).valid).toEqual([a, b, c])
  })

  test('an epoch takes the segments away that it touches, and only those', () => {
    const [b1, a2] = [segment(1, 10n, 12n), segment(2, 0n, 5n)]
    expect(chainOf(epoch(0, 0n), a, b, c, epoch(1, 10n), b1).valid).toEqual([a, b1])
    expect(chainOf(epoch(0, 0n), a, b, epoch(1, 10n), b1, epoch(2, 0n), a2).valid).toEqual([a2])
    expect(chainOf(epoch(0, 0n), a, epoch(1, 10n)).valid).toEqual([a])
    expect(chainOf(epoch(0, 0n), a, epoch(1, 0n)).valid).toEqual([])
  })

  test.each<[string, readonly Leaf[]]>([
    ['no epoch first', [a]],
    ['another epoch first', [epoch(1, 0n)]],
    ['an epoch 0 that begins later', [epoch(0, 5n)]],
    ['a gap', [epoch(0, 0n), a, c]],
    ['a repetition', [epoch(0, 0n), a, a]],
    ['another digest', [epoch(0, 0n), a, segment(0, 10n, 20n, { start: point(10n, 99) })]],
    ['a segment of another epoch', [epoch(0, 0n), segment(1, 0n, 10n)]],
    ['an epoch left out', [epoch(0, 0n), a, epoch(2, 10n)]],
    ['an epoch beyond the end', [epoch(0, 0n), a, epoch(1, 11n)]],
    ['an epoch inside a segment', [epoch(0, 0n), a, epoch(1, 5n)]],
    ['an epoch with another digest', [epoch(0, 0n), a, epoch(1, 10n, { start: point(10n, 99) })]],
    ['an epoch of another stream', [epoch(0, 0n), a, epoch(1, 10n, { identity: { ...identity, systemId: 5n } })]],
    [
      'an epoch where only an invalid segment ends',
      [epoch(0, 0n), a, b, epoch(1, 0n), segment(1, 0n, 15n), epoch(2, 10n)],
    ],
  ])('refused: %s', (_, leaves) => {
    expect(() => chainOf(...leaves)).toThrow(expect.objectContaining({ code: 'BROKEN_CHAIN' }))
  })
})

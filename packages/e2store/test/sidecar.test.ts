import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BlockArchive } from '../src/execution/archive/archive.ts'
import type { EventLog } from '../src/execution/blocks/logs.ts'
import { defaultHashes } from '../src/hash/hashes.ts'
import { identifyFile, iterateHeaders } from '../src/index.ts'
import { type ByteSource, fromBytes } from '../src/io/byte-source.ts'
import { buildSidecar, type LogQuery, openSidecar, type Sidecar, SidecarCache, verifySidecar } from '../src/sidecar.ts'
import { seeded } from './mutations/mutate.ts'
import { collect, slowSource } from './support/execution.ts'
import {
  busyBlocks,
  envelopeOf,
  headerOf,
  type MadeUpBlock,
  type MadeUpKind,
  openMadeUp,
  writeMadeUp,
} from './support/made-up-blocks.ts'

const { keccak256 } = defaultHashes()
const START = 16_384n
const ALL = [0n, 2n ** 64n - 1n] as const

/** A value of a small set: equal ones meet in logs and filters. */
const filled = (length: number, which: number): Uint8Array => new Uint8Array(length).fill(which + 1)
const log = fc.record({ address: fc.nat(5), topics: fc.array(fc.nat(5), { maxLength: 4 }) })
const transaction = fc.record({
  data: fc.uint8Array({ minLength: 2, maxLength: 40 }),
  type: fc.constantFrom(0, 1, 2, 0x7e),
  logs: fc.array(log, { maxLength: 3 }),
})
const blocksOf = fc.array(fc.array(transaction, { maxLength: 5 }), { minLength: 1, maxLength: 40 }).map((blocks) =>
  blocks.map(
    (block): MadeUpBlock =>
      block.map(({ data, type, logs }) => ({
        envelope: envelopeOf(data, type),
        logs: logs.map(
          ({ address, topics }): EventLog => ({
            address: filled(20, address),
            topics: topics.map((topic) => filled(32, topic)),
            data: new Uint8Array(3),
          }),
        ),
      })),
  ),
)
const kinds = fc.constantFrom<MadeUpKind>('era1', 'ere', 'e2hs')
const query = fc.record({
  addresses: fc.option(
    fc.array(
      fc.nat(6).map((which) => filled(20, which)),
      { maxLength: 3 },
    ),
    { nil: undefined },
  ),
  topics: fc.array(
    fc.option(
      fc.array(
        fc.nat(6).map((which) => filled(32, which)),
        { maxLength: 3 },
      ),
      { nil: undefined },
    ),
    { maxLength: 4 },
  ),
})

interface Made {
  readonly archive: BlockArchive
  readonly bytes: Uint8Array
  readonly sidecar: Sidecar
}

async function make(kind: MadeUpKind, blocks: readonly MadeUpBlock[]): Promise<Made> {
  const archive = await openMadeUp(kind, await writeMadeUp(kind, START, blocks), blocks.length)
  const bytes = await buildSidecar(archive)
  return { archive, bytes, sidecar: await openSidecar(fromBytes(bytes), { archive }) }
}

/** Whether a log matches, as in `eth_getLogs`. */
function matches({ address, topics }: EventLog, { addresses, topics: wanted }: LogQuery): boolean {
  const isIn = (value: Uint8Array | undefined, list: readonly Uint8Array[] | undefined): boolean =>
    list === undefined ||
    list.length === 0 ||
    list.some((each) => value !== undefined && Buffer.compare(each, value) === 0)
  return isIn(address, addresses) && topics.length >= wanted.length && wanted.every((list, i) => isIn(topics[i], list))
}

describe('a sidecar of any blocks', () => {
  test('leads to every transaction and block', async () => {
    await fc.assert(
      fc.asyncProperty(kinds, blocksOf, async (kind, blocks) => {
        const { sidecar, archive } = await make(kind, blocks)
        expect(sidecar.header.parts.transactions.entries).toBe(blocks.flat().length)
        for (const [i, block] of blocks.entries()) {
          const number = START + BigInt(i)
          expect(await sidecar.blockCandidates(keccak256(headerOf(number)))).toContain(number)
          for (const [index, { envelope }] of block.entries()) {
            expect(await sidecar.transactionCandidates(keccak256(envelope))).toContainEqual({ block: number, index })
          }
        }
        expect(sidecar.identity).toMatchObject({ kind, start: START, count: blocks.length, size: archive.source.size })
      }),
      { numRuns: 60 },
    )
  })

  test('leads to every block with logs that match, in order and in range, and to few others', async () => {
    let found = 0
    let extra = 0
    /** Blocks that are given for no reason, on average. */
    let allowed = 0
    await fc.assert(
      fc.asyncProperty(kinds, blocksOf, query, fc.nat(45), fc.nat(45), async (kind, blocks, filter, first, length) => {
        const { sidecar } = await make(kind, blocks)
        const [from, to] = [START - 3n + BigInt(first), START - 3n + BigInt(first + length)]
        const numbers = await sidecar.blocksWithLogs(filter, from, to)
        const held = blocks
          .map((block, i) => ({ number: START + BigInt(i), block }))
          .filter(({ number }) => number >= from && number <= to)
        const isOpen = [filter.addresses, ...filter.topics].every((list) => list === undefined || list.length === 0)
        const expected = held.filter(
          ({ block }) => isOpen || block.some(({ logs }) => logs.some((each) => matches(each, filter))),
        )
        expect(numbers).toEqual(numbers.toSorted((a, b) => Number(a - b)))
        expect(new Set(numbers).size).toBe(numbers.length)
        expect(numbers).toEqual(expect.arrayContaining(expected.map(({ number }) => number)))
        expect(held.map(({ number }) => number)).toEqual(expect.arrayContaining(numbers))
        // Several conditions may be met by different logs of a block: only one of them tells what the index itself adds.
        if ([filter.addresses, ...filter.topics].filter((list) => list !== undefined && list.length > 0).length !== 1)
          return
        if (filter.topics.some((list, i) => i >= 0 && (list === undefined || list.length === 0))) return
        found += numbers.length
        extra += numbers.length - expected.length
        const { entries, hashBits } = sidecar.header.parts.logs
        const values = [filter.addresses, ...filter.topics].flat().length
        allowed += (values * entries) / 2 ** hashBits
      }),
      { numRuns: 150 },
    )
    expect(found).toBeGreaterThan(0)
    expect(extra).toBeLessThanOrEqual(5 + 4 * allowed)
  })

  test('is the same each time, and is verified by building it again', async () => {
    await fc.assert(
      fc.asyncProperty(kinds, blocksOf, async (kind, blocks) => {
        const { archive, bytes, sidecar } = await make(kind, blocks)
        expect(await buildSidecar(archive)).toEqual(bytes)
        expect(await verifySidecar(fromBytes(bytes), archive)).toEqual(sidecar.header)
      }),
      { numRuns: 20 },
    )
  })
})

describe('a sidecar of full blocks', async () => {
  const blocks = [...busyBlocks(96, 7)]
  const bytes = await writeMadeUp('ere', START, blocks)
  const archive = await openMadeUp('ere', bytes, blocks.length)
  const sidecarBytes = await buildSidecar(archive)
  const parts = (await openSidecar(fromBytes(sidecarBytes))).header.parts
  const recordBytes = async (type: number): Promise<number> => {
    const found = (await collect(iterateHeaders(fromBytes(sidecarBytes)))).filter((record) => record.type === type)
    return found.reduce((sum, { length }) => sum + length + 8, 0)
  }

  test('takes at most 8 bytes a transaction, and 3% of the file for logs', async () => {
    const directories = await recordBytes(0xd601)
    const transactions = parts.transactions.entries
    expect(transactions).toBe(96 * 146)
    expect((await recordBytes(0xd603)) + directories).toBeLessThan(8 * transactions)
    expect((await recordBytes(0xd604)) + (await recordBytes(0xd605)) + directories).toBeLessThan(0.03 * bytes.length)
  })

  test('finds all of them; absent hashes and values give next to nothing', async () => {
    const sidecar = await openSidecar(fromBytes(sidecarBytes))
    const random = seeded(3)
    const absent = (length: number): Uint8Array => Uint8Array.from({ length }, () => Math.floor(random() * 256))
    for (const [i, block] of blocks.entries()) {
      const number = START + BigInt(i)
      for (const [index, { envelope, logs }] of block.entries()) {
        if (index % 16 > 0) continue
        expect(await sidecar.transactionCandidates(keccak256(envelope))).toEqual([{ block: number, index }])
        for (const [field, value] of [logs[0]?.address, ...(logs[0]?.topics ?? [])].entries()) {
          if (value === undefined) continue
          const topics = Array.from({ length: field }, (_, at) => (at === field - 1 ? [value] : undefined))
          expect(
            await sidecar.blocksWithLogs({ topics, ...(field === 0 && { addresses: [value] }) }, ...ALL),
          ).toContain(number)
        }
      }
    }
    let candidates = 0
    let falseBlocks = 0
    for (let i = 0; i < 4000; i++) {
      candidates += (await sidecar.transactionCandidates(absent(32))).length
      falseBlocks += (await sidecar.blocksWithLogs({ topics: [[absent(32)]] }, ...ALL)).length
    }
    expect(candidates).toBe(0)
    // At most one in 256 on average, by the number of bits that are kept.
    expect(parts.logs.entries / 2 ** parts.logs.hashBits).toBeLessThanOrEqual(1 / 256)
    expect(falseBlocks).toBeLessThan((2 * 4000) / 256)
  })

  test('is opened in one read, and a lookup is one more; a value in many blocks too', async () => {
    const source = slowSource(sidecarBytes)
    const sidecar = await openSidecar(source, { archive })
    expect(source.reads).toBe(1)
    const [address] = mostFrequent(blocks.map((block) => block.flatMap(({ logs }) => logs.map((each) => each.address))))
    for (const lookup of [
      () => sidecar.transactionCandidates(keccak256(blocks[5]?.[7]?.envelope ?? new Uint8Array(0))),
      () => sidecar.blockCandidates(keccak256(headerOf(START + 50n))),
      () =>
        sidecar.blocksWithLogs(
          { topics: [undefined, [blocks[9]?.[0]?.logs[0]?.topics[1] ?? new Uint8Array(0)]] },
          ...ALL,
        ),
      () => sidecar.blocksWithLogs({ addresses: [address ?? new Uint8Array(0)], topics: [] }, ...ALL),
    ]) {
      const before = { reads: source.reads, bytes: source.bytesRead }
      const found = await lookup()
      expect(found.length).toBeGreaterThan(0)
      expect(source.reads - before.reads).toBe(1)
      expect(source.bytesRead - before.bytes).toBeLessThan(16_384)
      // What was read is kept.
      expect(await lookup()).toEqual(found)
      expect(source.reads - before.reads).toBe(1)
    }
    expect(sidecar.header.hotValues).toBeGreaterThan(0)
  })

  test('a condition that no block meets ends the search', async () => {
    const source = slowSource(sidecarBytes)
    const sidecar = await openSidecar(source)
    const topics = [[blocks[0]?.[0]?.logs[0]?.topics[0] ?? new Uint8Array(0)]]
    expect(await sidecar.blocksWithLogs({ addresses: [new Uint8Array(20).fill(77)], topics }, ...ALL)).toEqual([])
    expect(source.reads).toBe(2)
  })

  test('building reports how far it is, and can be ended', async () => {
    const seen: number[] = []
    await buildSidecar(archive, {
      onProgress: ({ blocks, totalBlocks }) => {
        expect(totalBlocks).toBe(96)
        seen.push(blocks)
      },
    })
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    expect([seen.length > 5, seen.at(-1)]).toEqual([true, 96])
    let asked = 0
    const signal = {
      throwIfAborted: () => {
        if (++asked === 3) throw new Error('no more')
      },
    }
    await expect(buildSidecar(archive, { signal })).rejects.toThrow('no more')
  })

  test('many share one cache, which holds no more than it may', async () => {
    const cache = new SidecarCache(40_000)
    const sources: ByteSource[] = []
    const random = seeded(1)
    const sidecars: Sidecar[] = []
    for (let i = 0; i < 20; i++) {
      const source = slowSource(sidecarBytes)
      sources.push(source)
      sidecars.push(await openSidecar(source, { cache, headBytes: 4096 }))
      expect(cache.bytes).toBeLessThanOrEqual(40_000)
    }
    for (let i = 0; i < 300; i++) {
      const number = Math.floor(random() * blocks.length)
      const index = Math.floor(random() * 146)
      const hash = keccak256(blocks[number]?.[index]?.envelope ?? new Uint8Array(0))
      const sidecar = sidecars[i % 20] as Sidecar
      expect(await sidecar.transactionCandidates(hash)).toEqual([{ block: START + BigInt(number), index }])
      expect(cache.bytes).toBeLessThanOrEqual(40_000)
    }
  })

  test('of a file, is opened and read in a few KiB, whatever the size of its directories', async () => {
    const slow = slowSource(sidecarBytes)
    const local = { ...slow, read: slow.read, readInto: async () => {} }
    const sidecar = await openSidecar(local, { cache: new SidecarCache(0) })
    expect([slow.reads, slow.bytesRead]).toEqual([1, 4096])
    const hash = keccak256(blocks[5]?.[7]?.envelope ?? new Uint8Array(0))
    expect(await sidecar.transactionCandidates(hash)).toEqual([{ block: START + 5n, index: 7 }])
    expect(slow.reads).toBe(3)
    expect(slow.bytesRead - 4096).toBeLessThan(8192)
  })

  test('lookups at the same time share a read', async () => {
    const source = slowSource(sidecarBytes)
    const sidecar = await openSidecar(source)
    const hash = keccak256(blocks[5]?.[7]?.envelope ?? new Uint8Array(0))
    await Promise.all(Array.from({ length: 8 }, () => sidecar.transactionCandidates(hash)))
    expect(source.reads).toBe(2)
  })

  test('is an e2store file that others can walk, and is known by its content', async () => {
    const types = (await collect(iterateHeaders(fromBytes(sidecarBytes)))).map(({ type }) => type.toString(16))
    expect(types).toEqual(['6532', 'd600', 'd601', 'd602', 'd603', 'd604', 'd605'])
    expect(await identifyFile(fromBytes(sidecarBytes))).toBe('idx')
  })
})

/** The values that are in most lists, first. */
function mostFrequent(lists: readonly (readonly Uint8Array[])[]): Uint8Array[] {
  const counts = new Map<string, number>()
  for (const list of lists) {
    for (const key of new Set(list.map((value) => Buffer.from(value).toString('hex'))))
      counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return [...counts].toSorted(([, a], [, b]) => b - a).map(([key]) => Uint8Array.from(Buffer.from(key, 'hex')))
}

test('a value has a bitmap if it is in more than a sixteenth of all blocks', async () => {
  const random = seeded(9)
  const blocks = Array.from({ length: 200 }, (_, block): MadeUpBlock => {
    const topics = ofNumbers(block + 1, 40).map((which) => filled(32, which))
    const logs = topics.map((topic) => ({ address: filled(20, block), topics: [topic], data: new Uint8Array(0) }))
    // So much of it that logs do not have to do with less bits.
    return [
      {
        envelope: envelopeOf(
          Uint8Array.from({ length: 1000 }, () => Math.floor(random() * 256)),
          2,
        ),
        logs,
      },
    ]
  })
  const { sidecar } = await make('ere', blocks)
  // Those that are in 13 to 40 blocks: 200 / 16 is 12.5.
  expect(sidecar.header.hotValues).toBe(28)
  for (const which of ofNumbers(1, 40)) {
    const found = await sidecar.blocksWithLogs({ topics: [[filled(32, which)]] }, ...ALL)
    expect(found).toEqual(expect.arrayContaining(ofNumbers(0, which - 1).map((block) => START + BigInt(block))))
    expect(found.length).toBeLessThan(which + 3)
  }
})

test('a data file whose index points at other blocks has none', async () => {
  const archive = await openMadeUp('ere', await writeMadeUp('ere', START, [[], [], []]), 3)
  const { layout } = archive
  const target = (i: number, column: number): number => layout.target([1, 0, 2][i] ?? i, column)
  const swapped = new BlockArchive(archive.source, { ...layout, target })
  await expect(buildSidecar(swapped)).rejects.toMatchObject({ code: 'WRONG_NUMBER' })
})

function ofNumbers(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i)
}

describe('a sidecar that does not fit', () => {
  const one: MadeUpBlock = [{ envelope: envelopeOf(Uint8Array.of(1, 2), 2), logs: [] }]

  test('of a file without receipts, has no index of logs and says so', async () => {
    const { sidecar } = await make('ere without receipts', [one])
    expect(sidecar.hasLogs).toBe(false)
    await expect(sidecar.blocksWithLogs({ topics: [] }, ...ALL)).rejects.toThrow(RangeError)
    expect(await sidecar.transactionCandidates(keccak256(one[0]?.envelope ?? new Uint8Array(0)))).toHaveLength(1)
  })

  test.each<[string, MadeUpKind, bigint, readonly MadeUpBlock[]]>([
    ['of another kind', 'ere', START, [one, one]],
    ['of other blocks', 'era1', START + 1n, [one, one]],
    ['of fewer blocks', 'era1', START, [one]],
    ['of a file of another size', 'era1', START, [one, [...one, ...one]]],
  ])('is refused if it is %s', async (_, kind, start, blocks) => {
    const { bytes } = await make('era1', [one, one])
    const archive = await openMadeUp(kind, await writeMadeUp(kind, start, blocks), blocks.length)
    await expect(openSidecar(fromBytes(bytes), { archive })).rejects.toMatchObject({
      name: 'StaleSidecarError',
      code: 'STALE_SIDECAR',
      ...(kind === 'ere' && { message: expect.stringContaining('of kind era1') }),
    })
    await expect(verifySidecar(fromBytes(bytes), archive)).rejects.toMatchObject({ code: 'STALE_SIDECAR' })
  })

  test('fails full verification if its file says something else, although all that identifies the file is the same', async () => {
    const random = seeded(5)
    const blockOf = (): MadeUpBlock => [
      {
        envelope: envelopeOf(
          Uint8Array.from({ length: 60 }, () => Math.floor(random() * 256)),
          2,
        ),
        logs: [],
      },
    ]
    const { bytes } = await make('ere', [blockOf(), one])
    const other = await writeMadeUp('ere', START, [blockOf(), one])
    const archive = await openMadeUp('ere', other, 2)
    expect((await openSidecar(fromBytes(bytes), { archive })).identity.size).toBe(other.length)
    await expect(verifySidecar(fromBytes(bytes), archive)).rejects.toMatchObject({
      name: 'VerificationError',
      code: 'WRONG_INDEX',
    })
  })
})

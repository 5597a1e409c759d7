import { hexlify } from 'ethers'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { type History, type LogFilter, openHistory } from '../src/index.ts'
import { logValues, type MadeBlock, type MadeFile, madeChain, madeFile } from './support/made-up-chain.ts'
import { madeSidecar } from './support/made-up-sidecar.ts'
import { memoryLocation } from './support/memory-location.ts'

let blocks: MadeBlock[]
let files: MadeFile[]
let sidecars: MadeFile[]

beforeAll(async () => {
  const first = madeChain({ count: 8192, isFull: (i) => i % 64 === 7 || i > 8150, seed: 3 })
  const second = madeChain({ from: 8192n, count: 60, seed: 4, parent: first.at(-1) })
  blocks = [...first, ...second]
  files = [await madeFile(first, 'ere-noproofs'), await madeFile(second, 'era1')]
  sidecars = await Promise.all(files.map(madeSidecar))
})

interface Found {
  readonly block: bigint
  readonly logIndex: number
  readonly transactionIndex: number
  readonly data: string
}

/** All logs that match, by going through all of them. */
function plainScan({ from, to, addresses, topics }: LogFilter): Found[] {
  const isOneOf = (value: Uint8Array | undefined, wanted: readonly Uint8Array[] | undefined): boolean =>
    !wanted?.length || (value !== undefined && wanted.some((each) => hexlify(each) === hexlify(value)))
  const found: Found[] = []
  for (const { number, receipts } of blocks) {
    if (number < from || number > to) continue
    let logIndex = 0
    for (const [transactionIndex, { logs }] of receipts.entries()) {
      for (const log of logs) {
        const fits = log.topics.length >= topics.length && topics.every((wanted, i) => isOneOf(log.topics[i], wanted))
        if (fits && isOneOf(log.address, addresses)) {
          found.push({ block: number, logIndex, transactionIndex, data: hexlify(log.data) })
        }
        logIndex++
      }
    }
  }
  return found
}

async function search(history: History, filter: LogFilter): Promise<Found[]> {
  const found: Found[] = []
  for await (const { block, logs } of history.logs(filter)) {
    for (const { log, logIndex, transactionIndex, transactionHash } of logs) {
      expect(block.transactions()[transactionIndex]?.hash).toEqual(transactionHash)
      found.push({ block: block.number, logIndex, transactionIndex, data: hexlify(log.data) })
    }
  }
  return found
}

const { addresses, topics } = logValues
const unknown = new Uint8Array(32).fill(0xee)
const alternatives = fc.option(fc.array(fc.constantFrom(...topics, unknown), { maxLength: 3 }), { nil: undefined })
const filters = fc
  .record({
    bounds: fc.tuple(fc.integer({ min: 7800, max: 8251 }), fc.integer({ min: 7800, max: 8251 })),
    addresses: fc.option(fc.array(fc.constantFrom(...addresses), { maxLength: 3 }), { nil: undefined }),
    topics: fc.array(alternatives, { maxLength: 4 }),
  })
  .map(({ bounds: [a, b], addresses: wanted, topics: places }): LogFilter => {
    const range = { from: BigInt(Math.min(a, b)), to: BigInt(Math.max(a, b)) }
    return { ...range, topics: places, ...(wanted && { addresses: wanted }) }
  })

describe.each(['without', 'with', 'with one of two'])('%s sidecars', (which) => {
  const open = (): Promise<History> => {
    const extra = which === 'without' ? [] : which === 'with' ? sidecars : sidecars.slice(0, 1)
    return openHistory([memoryLocation([...files, ...extra])])
  }

  test('what is found is what a plain scan finds', async () => {
    await using history = await open()
    let hits = 0
    await fc.assert(
      fc.asyncProperty(filters, async (filter) => {
        const expected = plainScan(filter)
        hits += expected.length
        expect(await search(history, filter)).toEqual(expected)
      }),
      { numRuns: 60 },
    )
    expect(hits).toBeGreaterThan(50)
  })

  test('all logs of both files are found', async () => {
    await using history = await open()
    const filter = { from: 0n, to: 8251n, topics: [] }
    expect(await search(history, filter)).toEqual(plainScan(filter))
  })

  test('how far was searched ends with the last block', async () => {
    await using history = await open()
    const searched: bigint[] = []
    const filter = { from: 100n, to: 8240n, topics: [[unknown]] }
    for await (const _ of history.logs(filter, { onSearched: (number) => searched.push(number) })) expect.fail()
    expect(searched.at(-1)).toBe(8240n)
    expect(searched).toEqual([...searched].sort((a, b) => (a < b ? -1 : 1)))
  })
})

test('with sidecars a search for what is nowhere reads hardly anything', async () => {
  const location = memoryLocation([...files, ...sidecars])
  await using history = await openHistory([location])
  const filter = { from: 0n, to: 8251n, topics: [[unknown]] }
  expect(await search(history, filter)).toEqual([])
  const before = location.counts.reads
  expect(await search(history, { ...filter, topics: [[unknown], undefined] })).toEqual([])
  expect(location.counts.reads - before).toBeLessThanOrEqual(4)
})

test('a sidecar of another file is not used, and said to be wrong', async () => {
  const [first, second] = files as [MadeFile, MadeFile]
  const [sidecar] = sidecars as [MadeFile, MadeFile]
  const wrong = { name: `${second.name}.idx`, bytes: sidecar.bytes }
  await using history = await openHistory([memoryLocation([first, second, wrong])])
  const filter = { from: 8192n, to: 8251n, addresses: addresses.slice(0, 1), topics: [] }
  expect(await search(history, filter)).toEqual(plainScan(filter))
  const state = history.files.find(({ name }) => name === second.name)
  expect(state).toMatchObject({ sidecar: false, sidecarError: { code: 'STALE_SIDECAR' } })
})

test('hashes are found by sidecars without scanning', async () => {
  const location = memoryLocation([...files, ...sidecars])
  await using history = await openHistory([location])
  const made = blocks.at(-3) as MadeBlock
  const bytes = location.counts.bytes
  expect(await history.numberOf(made.hash)).toBe(made.number)
  const block = await history.block(made.number)
  const [transaction] = block?.transactions() ?? []
  const found = await history.transactionAt(transaction?.hash ?? unknown)
  expect(found && (await history.block(found.block))?.transactions()[found.index]?.hash).toEqual(transaction?.hash)
  expect(await history.transactionAt(unknown)).toBeUndefined()
  expect(location.counts.bytes - bytes).toBeLessThan(200_000)
})

test('files that are too large are not scanned for hashes: what is not found may be in them', async () => {
  await using none = await openHistory([memoryLocation(files)], { scanBytes: 1000 })
  await expect(none.transactionAt(unknown)).rejects.toMatchObject({ code: 'NO_INDEX', message: /2 files/ })
  await expect(none.numberOf(unknown)).rejects.toMatchObject({ code: 'NO_INDEX' })
  const made = blocks.at(-3) as MadeBlock
  // A block that was read is known.
  await none.block(made.number)
  expect(await none.numberOf(made.hash)).toBe(made.number)
  await using some = await openHistory([memoryLocation([...files, ...sidecars.slice(1)])], { scanBytes: 1000 })
  expect(await some.numberOf(made.hash)).toBe(made.number)
  await expect(some.numberOf(unknown)).rejects.toMatchObject({ code: 'NO_INDEX', message: /1 files/ })
})

test('a search can be aborted', async () => {
  await using history = await openHistory([memoryLocation(files)])
  const controller = new AbortController()
  const found: bigint[] = []
  const run = async (): Promise<void> => {
    for await (const { block } of history.logs({ from: 0n, to: 8251n, topics: [] }, { signal: controller.signal })) {
      found.push(block.number)
      controller.abort(new Error('enough'))
    }
  }
  await expect(run()).rejects.toThrow('enough')
  expect(found).toHaveLength(1)
})

test('a range that is not all held is refused', async () => {
  await using history = await openHistory([memoryLocation(files)])
  expect(() => history.logs({ from: 0n, to: 8252n, topics: [] })).toThrow(/not all held/)
})

test('blocks without receipts cannot be searched', async () => {
  const bare = await madeFile(madeChain({ count: 20, seed: 5 }), 'ere-noreceipts')
  await using history = await openHistory([memoryLocation([bare])])
  await expect(search(history, { from: 0n, to: 19n, topics: [] })).rejects.toMatchObject({ code: 'NO_RECEIPTS' })
})

import { hexlify } from 'ethers'
import { beforeAll, expect, test } from 'vitest'
import { type BlockLogs, type History, type LogFilter, openHistory } from '../src/index.ts'
import {
  fileOf,
  logValues,
  type MadeBlock,
  type MadeFile,
  madeChain,
  madeFile,
  rowsOf,
} from './support/made-up-chain.ts'
import { memoryLocation } from './support/memory-location.ts'
import { TurnCounter } from './support/turn-counter.ts'

let blocks: MadeBlock[]
let file: MadeFile

beforeAll(async () => {
  blocks = madeChain({ count: 24, seed: 21 })
  file = await madeFile(blocks, 'ere')
})

const nowhere = new Uint8Array(32).fill(0xee)
const everything = { from: 0n, to: 23n, topics: [] }

async function search(history: History, filter: LogFilter): Promise<BlockLogs[]> {
  const found: BlockLogs[] = []
  for await (const each of history.logs(filter)) found.push(each)
  return found
}

test('a search neither keeps what it reads nor drops what is kept', async () => {
  const location = memoryLocation([file])
  // Room for a few blocks: what a search would keep would drop the others.
  await using history = await openHistory([location], { blockBytes: 128 * 1024 })
  const kept = [3n, 4n]
  const before = await Promise.all(kept.map((number) => history.block(number)))
  const found = await search(history, everything)
  expect(found.length).toBeGreaterThan(15)
  const { reads } = location.counts
  expect(await Promise.all(kept.map((number) => history.block(number)))).toEqual(before)
  expect(location.counts.reads).toBe(reads)
  for (const { block } of found.filter(({ block: { number } }) => !kept.includes(number))) {
    const since = location.counts.reads
    await history.block(block.number)
    expect(location.counts.reads).toBeGreaterThan(since)
  }
})

test('what a search finds in a block that is kept is read from nowhere', async () => {
  const location = memoryLocation([file])
  await using history = await openHistory([location])
  const block = await history.block(5n)
  await block?.receipts()
  const { reads } = location.counts
  const found = await search(history, { from: 5n, to: 5n, topics: [] })
  expect(found[0]?.block).toBe(block)
  expect(location.counts.reads).toBe(reads)
})

/** The file with the body of another block, or the receipts, in one block. */
async function withOther(column: 'body' | 'receipts', at: number): Promise<MadeFile> {
  const rows = rowsOf(blocks, 'ere')
  const changed = rows.map((row, i) => (i === at ? { ...row, [column]: rows[at + 1]?.[column] } : row))
  return { ...(await fileOf(blocks, changed, 'ere')), name: file.name }
}

test('a body is read only where logs match, and compared with its header', async () => {
  const at = blocks.findIndex(({ receipts }) => receipts.some(({ logs }) => logs.length > 0))
  const number = BigInt(at)
  await using history = await openHistory([memoryLocation([await withOther('body', at)])])
  const one = { from: number, to: number }
  expect(await search(history, { ...one, topics: [[nowhere]] })).toEqual([])
  await expect(search(history, { ...one, topics: [] })).rejects.toMatchObject({ code: 'BLOCK_REJECTED' })
  const double = await madeFile(blocks, 'ere-noreceipts')
  await using two = await openHistory([memoryLocation([await withOther('body', at), double])])
  const [found] = await search(two, { ...one, topics: [] })
  await using right = await openHistory([memoryLocation([file])])
  const [expected] = await search(right, { ...one, topics: [] })
  expect(found?.logs).toEqual(expected?.logs)
})

test('receipts that are not those of the header are not searched', async () => {
  const wrong = await withOther('receipts', 7)
  await using history = await openHistory([memoryLocation([wrong])])
  await expect(search(history, everything)).rejects.toMatchObject({ code: 'BLOCK_REJECTED' })
  await using two = await openHistory([memoryLocation([wrong, await madeFile(blocks, 'era1')])])
  const logs = (await search(two, everything)).flatMap((found) => found.logs)
  const all = blocks.flatMap(({ receipts }) => receipts.flatMap((receipt) => receipt.logs))
  expect(logs.map(({ log }) => hexlify(log.data))).toEqual(all.map(({ data }) => hexlify(data)))
})

test('while the reads of many searches hang, a block of another file is given', async () => {
  const more = madeChain({ from: 8192n, count: 4, seed: 22 })
  const location = memoryLocation([file, await madeFile(more, 'ere')])
  await using history = await openHistory([location])
  let goOn = (): void => {}
  const gate = new Promise<void>((resolve) => {
    goOn = resolve
  })
  location.onRead = (name) => (name === file.name ? gate : undefined)
  const [address] = logValues.addresses
  const filter = { from: 2n, to: 6n, topics: [], ...(address && { addresses: [address] }) }
  const searches = Promise.all(Array.from({ length: 12 }, () => search(history, filter)))
  const { reads } = location.counts
  expect((await history.block(8193n))?.number).toBe(8193n)
  // Of all searches together a few reads were begun.
  expect(location.counts.reads - reads).toBeLessThan(40)
  goOn()
  const [first, ...others] = (await searches).map((found) => found.map(({ logs }) => logs.length))
  expect(first?.length).toBeGreaterThan(0)
  for (const other of others) expect(other).toEqual(first)
})

test('a search that goes on when the history is closed ends', async () => {
  const location = memoryLocation([file])
  const history = await openHistory([location])
  const found = history.logs(everything)[Symbol.asyncIterator]()
  expect((await found.next()).done).toBe(false)
  await history[Symbol.asyncDispose]()
  await expect(
    (async () => {
      while (!(await found.next()).done);
    })(),
  ).rejects.toMatchObject({ code: 'CLOSED' })
  expect(location.counts.open).toBe(0)
})

test('while the headers of a file are verified, others have the event loop', async () => {
  const headers = await madeFile(madeChain({ count: 640, isFull: () => false }), 'ere-noproofs')
  await using unverified = await openHistory([memoryLocation([headers])], { trust: 'none' })
  expect((await unverified.block(5n))?.trust).toBe('unverified')
  using others = new TurnCounter()
  // The head's header is verified with all others.
  await using verified = await openHistory([memoryLocation([headers])])
  expect(others.turns).toBeGreaterThanOrEqual(5)
  expect(verified.files).toMatchObject([{ status: 'consistent' }])
})

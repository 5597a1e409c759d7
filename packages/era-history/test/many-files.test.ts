import { beforeAll, expect, test } from 'vitest'
import { openHistory } from '../src/index.ts'
import { fileOf, type MadeBlock, type MadeFile, madeChain, madeFile, rowsOf } from './support/made-up-chain.ts'
import { memoryLocation } from './support/memory-location.ts'

/** Short files, each the beginning of an era: each is a run of its own. */
const made: { readonly blocks: MadeBlock[]; readonly file: MadeFile }[] = []

beforeAll(async () => {
  for (let era = 0; era < 24; era++) {
    const blocks = madeChain({ from: BigInt(era) * 8192n, count: 4, seed: era + 1 })
    made.push({ blocks, file: await madeFile(blocks, 'ere') })
  }
})

const files = (from = 0, to = made.length): MadeFile[] => made.slice(from, to).map(({ file }) => file)

test('few files are open at once, and each block is right', async () => {
  const location = memoryLocation(files())
  await using history = await openHistory([location], { maxOpenFiles: 3 })
  expect(history.runs).toHaveLength(24)
  const numbers = made.flatMap(({ blocks }) => blocks.map(({ number }) => number))
  for (const number of numbers) expect((await history.block(number))?.number).toBe(number)
  expect(location.counts.open).toBeLessThanOrEqual(3)
  // What is in use at the same time may be more, as when all runs are opened.
  expect(location.counts.mostOpen).toBeLessThanOrEqual(3 + 8)
})

test('a block that is kept keeps no more memory than its own', async () => {
  await using history = await openHistory([memoryLocation(files(0, 1))])
  const block = await history.block(1n)
  const [transaction] = block?.body.transactions ?? []
  expect(block?.headerRlp.buffer.byteLength).toBe(block?.headerRlp.length)
  expect(transaction?.buffer.byteLength).toBeLessThan(2 * (block?.size ?? 0))
})

test('a block that is asked for many times at once is read once', async () => {
  const location = memoryLocation(files(0, 1))
  await using history = await openHistory([location])
  const { reads } = location.counts
  const [first, ...others] = await Promise.all(Array.from({ length: 10 }, () => history.block(1n)))
  expect(others.every((other) => other === first)).toBe(true)
  const alone = location.counts.reads - reads
  await history.block(2n)
  expect(location.counts.reads - reads).toBeLessThanOrEqual(2 * alone)
})

test('files that are added are seen after a refresh; those that are removed are forgotten', async () => {
  const location = memoryLocation(files(0, 2))
  await using history = await openHistory([location])
  expect(history.head?.number).toBe(8195n)
  expect(await history.refresh()).toBe(false)
  for (const { name, bytes } of files(2, 4)) location.files.set(name, bytes)
  expect(await history.refresh()).toBe(true)
  expect(history.head?.number).toBe(24_579n)
  expect((await history.block(24_578n))?.number).toBe(24_578n)
  location.files.delete(files()[3]?.name ?? '')
  expect(await history.refresh()).toBe(true)
  expect(history.head?.number).toBe(16_387n)
  expect(await history.block(24_578n)).toBeUndefined()
})

test('a file that is replaced is read anew', async () => {
  const [short] = files(0, 1) as [MadeFile]
  const long = await madeFile(madeChain({ from: 0n, count: 6, seed: 1 }), 'ere')
  const location = memoryLocation([{ name: long.name, bytes: short.bytes }])
  await using history = await openHistory([location])
  expect(await history.block(0n)).toBeUndefined()
  expect(history.files).toMatchObject([{ status: 'rejected' }])
  location.files.set(long.name, long.bytes)
  expect(await history.refresh()).toBe(true)
  expect(history.head?.number).toBe(5n)
  expect((await history.block(0n))?.trust).toBe('consistent')
})

test('a closed history says so, and has closed its files', async () => {
  const location = memoryLocation(files(0, 3))
  const history = await openHistory([location])
  await history[Symbol.asyncDispose]()
  expect(location.counts.open).toBe(0)
  await expect(history.block(1n)).rejects.toMatchObject({ code: 'CLOSED' })
})

test('a place without archives is an error', async () => {
  await expect(openHistory([memoryLocation([])])).rejects.toMatchObject({ code: 'NO_FILES', message: /memory/ })
})

test('headers of many files are verified once each; later blocks are recognized by those around them', async () => {
  const plain = await Promise.all(made.slice(0, 6).map(({ blocks }) => madeFile(blocks, 'era1')))
  const location = memoryLocation(plain)
  await using history = await openHistory([location], { headerBytes: 200, blockBytes: 1, maxOpenFiles: 1 })
  for (let round = 0; round < 2; round++) {
    for (const { blocks } of made.slice(0, 6)) {
      for (const { number, hash } of blocks) {
        const block = await history.block(number)
        expect(block?.hash).toEqual(hash)
        expect(block?.trust).toBe('consistent')
      }
    }
  }
  // A block that is changed after its file was verified is seen, with or without its record in memory.
  const [first] = plain as [MadeFile]
  const rows = rowsOf(made[0]?.blocks ?? [], 'era1')
  const changed = rows.map((row, i) => (i === 2 ? { ...row, header: otherHeader(row.header) } : row))
  const { bytes } = await fileOf(made[0]?.blocks ?? [], changed, 'era1')
  location.files.get(first.name)?.set(bytes.subarray(0, first.bytes.length))
  await expect(history.block(2n)).rejects.toMatchObject({ code: 'BLOCK_REJECTED' })
})

/** A header with another nonce. */
function otherHeader(header: Uint8Array | undefined): Uint8Array {
  const other = (header ?? new Uint8Array(1)).slice()
  other[other.length - 3] = (other.at(-3) ?? 0) ^ 1
  return other
}

import { accumulatorsRoot } from '@datastreamer/e2store/trusted'
import { hasVectors, readVector } from '@datastreamer/fixtures'
import { beforeAll, expect, test } from 'vitest'
import { openHistory } from '../src/index.ts'
import {
  accumulatorRoot,
  fileOf,
  type MadeBlock,
  type MadeFile,
  madeChain,
  madeFile,
  rowsOf,
} from './support/made-up-chain.ts'
import { memoryLocation } from './support/memory-location.ts'

let blocks: MadeBlock[]
let era1: MadeFile
let ere: MadeFile
let accumulator: Uint8Array

beforeAll(async () => {
  blocks = madeChain({ from: 8192n, count: 30, seed: 11 })
  era1 = await madeFile(blocks, 'era1')
  ere = await madeFile(blocks, 'ere')
  accumulator = accumulatorRoot(blocks)
})

/** The era1 file with another byte in the content of one record of a block. */
async function changed(index: number, column: 'header' | 'body' | 'receipts' | 'totalDifficulty'): Promise<MadeFile> {
  const rows = rowsOf(blocks, 'era1').map((row, i) => {
    if (i !== index) return row
    const content = (row[column] as Uint8Array).slice()
    const at = content.length - (column === 'totalDifficulty' ? 32 : 1)
    content[at] = (content[at] ?? 0) ^ 1
    return { ...row, [column]: content }
  })
  const { bytes } = await fileOf(blocks, rows, 'era1')
  // The accumulator of before, which is the last record before the index.
  const end = bytes.length - 8 - 16 - 8 * rows.length
  bytes.set(accumulator, end - 32)
  return { name: era1.name, bytes }
}

const other = new Uint8Array(32).fill(1)

test('without trusted roots what fits its file is consistent, with them trusted', async () => {
  for (const file of [era1, ere]) {
    await using alone = await openHistory([memoryLocation([file])])
    expect((await alone.block(8200n))?.trust).toBe('consistent')
    expect(alone.files).toMatchObject([{ name: file.name, status: 'consistent', from: 8192n, to: 8221n }])
    const roots = {
      accumulator: (network: string, era: number) => (network === 'made' && era === 1 ? accumulator : other),
    }
    await using known = await openHistory([memoryLocation([file])], { trustedRoots: roots, trust: 'require' })
    expect((await known.block(8200n))?.trust).toBe('trusted')
    expect(known.files).toMatchObject([{ status: 'trusted' }])
  }
})

test('a file that contradicts a trusted root is not used', async () => {
  await using first = await openHistory([memoryLocation([era1])], { trustedRoots: { accumulator: () => other } })
  expect(first.head).toBeUndefined()
  expect(first.files).toMatchObject([{ status: 'rejected', error: { code: 'WRONG_ROOT' } }])
  expect(await first.block(8200n)).toBeUndefined()
  await using second = await openHistory([memoryLocation([ere])], { trustedRoots: { accumulator: () => other } })
  expect(second.head).toBeUndefined()
  expect(second.files).toMatchObject([{ status: 'rejected', error: { cause: { code: 'WRONG_PROOF' } } }])
})

test('what no trusted root covers is refused if that is required', async () => {
  for (const file of [era1, ere]) {
    await using history = await openHistory([memoryLocation([file])], { trust: 'require' })
    expect(history.head).toBeUndefined()
    expect(history.runs).toEqual([])
    expect(history.files).toMatchObject([{ status: 'rejected', error: { code: 'UNTRUSTED' } }])
  }
})

test('without verification nothing but the block is read', async () => {
  const location = memoryLocation([era1])
  await using history = await openHistory([location], { trust: 'none' })
  const { reads } = location.counts
  expect((await history.block(8200n))?.trust).toBe('unverified')
  expect(location.counts.reads - reads).toBeLessThanOrEqual(2)
})

test.each(['header', 'totalDifficulty'] as const)(
  'a file with another %s is not used; its double is',
  async (column) => {
    const wrong = await changed(12, column)
    await using alone = await openHistory([memoryLocation([wrong])])
    expect(alone.head).toBeUndefined()
    expect(alone.files).toMatchObject([{ status: 'rejected' }])
    await using both = await openHistory([memoryLocation([wrong]), memoryLocation([ere])])
    expect((await both.block(8204n))?.hash).toEqual(blocks[12]?.hash)
  },
)

test('a block with another body is refused, its neighbours are not; a double has it', async () => {
  const wrong = await changed(12, 'body')
  await using alone = await openHistory([memoryLocation([wrong])])
  await expect(alone.block(8204n)).rejects.toMatchObject({ code: 'BLOCK_REJECTED', message: /8204 in made-00001/ })
  expect((await alone.block(8205n))?.hash).toEqual(blocks[13]?.hash)
  await using both = await openHistory([memoryLocation([wrong]), memoryLocation([ere])])
  expect((await both.block(8204n))?.body.transactions).toEqual(blocks[12]?.envelopes)
})

test('a block with other receipts is given without them; a double has them', async () => {
  const wrong = await changed(12, 'receipts')
  await using alone = await openHistory([memoryLocation([wrong])])
  const block = await alone.block(8204n)
  expect(block?.hash).toEqual(blocks[12]?.hash)
  await expect(block?.receipts()).rejects.toMatchObject({ code: 'BLOCK_REJECTED' })
  await using both = await openHistory([memoryLocation([wrong]), memoryLocation([ere])])
  expect(await (await both.block(8204n))?.receipts()).toHaveLength(blocks[12]?.receipts.length ?? -1)
})

test('receipts come from another file where the preferred one has none', async () => {
  const bare = await madeFile(blocks, 'ere-noreceipts')
  await using history = await openHistory([memoryLocation([bare]), memoryLocation([era1])])
  expect(history.files.map(({ name, isDouble }) => [name, isDouble])).toEqual([
    [bare.name, true],
    [era1.name, false],
  ])
  expect(history.holdsReceipts(8200n)).toBe(true)
  expect(await (await history.block(8200n))?.receipts()).toHaveLength(blocks[8]?.receipts.length ?? -1)
})

test('what is no archive is rejected, the rest is used', async () => {
  const garbage = { name: 'made-00002-00000000.era1', bytes: new Uint8Array(500).fill(7) }
  await using history = await openHistory([memoryLocation([garbage, era1])])
  expect(history.head?.number).toBe(8221n)
  expect(history.files.map(({ status }) => status).sort()).toEqual(['consistent', 'rejected'])
})

test('the chain of a file that goes past the merge is linked to the hash in its name', async () => {
  const merged = madeChain({ from: 16_384n, count: 20, seed: 12, mergeAt: 8 })
  const file = await madeFile(merged, 'ere-bare')
  await using history = await openHistory([memoryLocation([file])])
  expect((await history.block(16_400n))?.trust).toBe('consistent')
  const renamed = { name: file.name.replace(/-[0-9a-f]{8}/, '-deadbeef'), bytes: file.bytes }
  await using wrong = await openHistory([memoryLocation([renamed])])
  expect(wrong.files).toMatchObject([{ status: 'rejected', error: { code: 'WRONG_NAME' } }])
})

test.each(['era1', 'ere', 'ere-noproofs'] as const)(
  'blocks of %s that are not linked are not consistent, whatever accumulator and proofs say',
  async (shape) => {
    const others = madeChain({ from: 8192n, count: 30, isFull: () => false })
    const mixed = [...blocks.slice(0, 12), ...others.slice(12)]
    const file = await madeFile(mixed, shape)
    await using history = await openHistory([memoryLocation([file])])
    expect(history.files).toMatchObject([{ status: 'rejected', error: { code: 'WRONG_PARENT' } }])
  },
)

test('what no trusted root covers must be what the name of its file says', async () => {
  for (const { name, bytes } of [era1, ere]) {
    const renamed = { name: name.replace(/-[0-9a-f]{8}/, '-deadbeef'), bytes }
    await using wrong = await openHistory([memoryLocation([renamed])])
    expect(wrong.files).toMatchObject([{ status: 'rejected', error: { code: 'WRONG_NAME' } }])
    const trustedRoots = { accumulator: () => accumulator }
    await using trusted = await openHistory([memoryLocation([renamed])], { trustedRoots })
    expect((await trusted.block(8200n))?.trust).toBe('trusted')
    const unnamed = { name: name.replace(/-[0-9a-f]{8}/, '-00000000'), bytes }
    await using unknown = await openHistory([memoryLocation([unnamed])])
    expect((await unknown.block(8200n))?.trust).toBe('consistent')
  }
})

test('a block that is known makes those before it in its file trusted, and others rejected', async () => {
  const last = blocks.at(-1) as MadeBlock
  const roots = { blocks: () => [{ number: last.number, hash: last.hash }] }
  await using history = await openHistory([memoryLocation([era1])], { trustedRoots: roots, trust: 'require' })
  expect((await history.block(8195n))?.trust).toBe('trusted')
  for (const file of [era1, ere]) {
    const wrong = { blocks: () => [{ number: last.number, hash: other }] }
    await using refused = await openHistory([memoryLocation([file])], { trustedRoots: wrong })
    expect(refused.head).toBeUndefined()
  }
})

test('with all files before the merge, the root over their accumulators is enough', async () => {
  const first = madeChain({ from: 0n, count: 8192, seed: 13, isFull: () => false })
  const second = madeChain({ from: 8192n, count: 10, seed: 13, parent: first.at(-1) })
  const files = [await madeFile(first, 'ere'), await madeFile(second, 'era1')]
  const roots = [first, second].map(accumulatorRoot)
  const root = accumulatorsRoot(Uint8Array.from(roots.flatMap((each) => [...each])))
  const trustedRoots = (count: number) => ({ accumulators: () => ({ count, root }) })
  await using history = await openHistory([memoryLocation(files)], { trust: 'require', trustedRoots: trustedRoots(2) })
  expect((await history.block(77n))?.trust).toBe('trusted')
  expect((await history.block(8195n))?.trust).toBe('trusted')
  await using part = await openHistory([memoryLocation(files)], { trust: 'require', trustedRoots: trustedRoots(3) })
  expect(part.head).toBeUndefined()
})

test.skipIf(!hasVectors('e2store'))('what calls itself mainnet must begin with its genesis block', async () => {
  const real = readVector('e2store', 'real', 'mainnet-00000-5ec1ffb8.era1.gz')
  await using history = await openHistory([memoryLocation([{ name: 'mainnet-00000-5ec1ffb8.era1', bytes: real }])])
  expect((await history.block(0n))?.trust).toBe('trusted')
  const made = madeChain({ from: 8192n, count: 3 })
  for (const shape of ['era1', 'ere'] as const) {
    const other = memoryLocation([await madeFile(made, shape, 'mainnet')])
    await using consistent = await openHistory([other])
    expect((await consistent.block(8193n))?.trust).toBe('consistent')
    await using required = await openHistory([other], { trust: 'require' })
    expect(required.head).toBeUndefined()
  }
  const { name, bytes } = await madeFile(madeChain({ count: 3 }), 'era1', 'mainnet')
  await using wrong = await openHistory([memoryLocation([{ name, bytes }])])
  expect(wrong.files).toMatchObject([{ status: 'rejected', error: { message: /block 0 has hash/ } }])
})

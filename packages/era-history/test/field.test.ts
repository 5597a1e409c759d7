import { hasVectors, readVector } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { openHistory } from '../src/index.ts'
import { memoryLocation } from './support/memory-location.ts'

const files = [
  ['op-deposit/op-20000-1a61e3a0-noproofs.ere', 2],
  ['aura/gnosis-00000-34313f9a.era1', 1],
  ['index-order/mainnet-00000-2d33dc73.ere', 1],
  ['mainnet-00000-2d33dc73.erae', 1],
] as const

test.skipIf(!hasVectors('e2store'))('files as other writers make them are read with receipts', async () => {
  for (const [path, least] of files) {
    const bytes = readVector('e2store', 'field', ...path.split('/'))
    await using history = await openHistory([memoryLocation([{ name: path.split('/').at(-1) ?? '', bytes }])])
    let blocks = 0
    for (const { from, to } of history.runs) {
      for (let number = from; number <= to; number++) {
        const block = await history.block(number)
        expect(block?.trust).toBe('consistent')
        const receipts = await block?.receipts()
        expect(receipts?.length).toBe(block?.transactions().length)
        blocks++
      }
    }
    expect(blocks).toBeGreaterThanOrEqual(least)
  }
})

const real = [
  'mainnet-00000-5ec1ffb8.era1',
  'mainnet-00001-a5364e9a.era1',
  'sepolia-00000-643a00f7.era1',
  'sepolia-00021-b8814b14.era1',
] as const

test.skipIf(!hasVectors('e2store'))('real files: each network alone, gaps and all transactions', async () => {
  const all = real.map((name) => ({ name, bytes: readVector('e2store', 'real', `${name}.gz`) }))
  await expect(openHistory([memoryLocation(all)])).rejects.toMatchObject({ code: 'SEVERAL_NETWORKS' })
  await using mainnet = await openHistory([memoryLocation(all)], { network: 'mainnet' })
  expect(mainnet.runs).toEqual([{ from: 0n, to: 16_383n }])
  await using sepolia = await openHistory([memoryLocation(all)], { network: 'sepolia' })
  expect(sepolia.runs).toEqual([
    { from: 0n, to: 8191n },
    { from: 172_032n, to: 180_223n },
  ])
  expect(sepolia.head?.number).toBe(180_223n)
  expect([sepolia.find(8192n), sepolia.find(180_224n)]).toEqual(['absent', 'above'])
  let transactions = 0
  for (let number = 172_032n; number <= 180_223n; number++) {
    const block = await sepolia.block(number)
    if (block?.body.transactions.length === 0) continue
    expect(await block?.receipts()).toHaveLength(block?.transactions().length ?? -1)
    transactions += block?.transactions().length ?? 0
  }
  expect(transactions).toBe(93)
})

const big = ['mainnet-00000-a6860fef.e2hs', 'mainnet-00000-a6860fef.ere', 'sepolia-00021-af105ff1.ere'] as const

test.skipIf(!hasVectors('e2store'))('blocks of real files with proofs are verified one at a time', async () => {
  for (const name of big) {
    const location = memoryLocation([{ name, bytes: readVector('e2store', 'big', `${name}.gz`) }])
    await using history = await openHistory([location])
    const { bytes } = location.counts
    const middle = (history.earliest ?? 0n) + 4000n
    const block = await history.block(middle)
    expect(block?.trust).toBe(name.startsWith('mainnet') ? 'trusted' : 'consistent')
    expect(block?.number).toBe(middle)
    expect(location.counts.bytes - bytes).toBeLessThan(100_000)
  }
})

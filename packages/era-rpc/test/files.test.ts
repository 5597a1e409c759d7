import { expect, test } from 'vitest'
import { Rpc } from '../src/index.ts'
import { MemoryHistory } from './support/archive-history.ts'
import { call } from './support/ask.ts'
import { callsFor } from './support/calls.ts'
import { folderHistory } from './support/file-history.ts'
import { type MadeUpChain, madeUpChain } from './support/made-up-chain.ts'

/** Chains with a gap between them, one of which follows another, and one is after the merge. */
async function chains(): Promise<readonly MadeUpChain[]> {
  const merged = await madeUpChain({ blocks: 30, start: 40_960n, merged: true, seed: 3 })
  return [await madeUpChain({ blocks: 30, start: 8192n }), await madeUpChain({ blocks: 30, seed: 2 }), merged]
}

test('files are answered from as from the plainest history over the same blocks', async () => {
  const made = await chains()
  await using folder = await folderHistory(Object.fromEntries(made.map(({ name, bytes }) => [name, bytes])))
  const plain = await MemoryHistory.of(...(await Promise.all(made.map(({ archive }) => archive()))))
  const [rpc, expected] = [new Rpc(folder.history, { chainId: 1n }), new Rpc(plain, { chainId: 1n })]
  const general = ['eth_blockNumber', 'eth_capabilities'].map((method): [string, ...unknown[]] => [method])
  const outside = ['0x0', '0x2fff', '0xfffff'].flatMap((number): [string, ...unknown[]][] => [
    ['eth_getBlockByNumber', number, true],
    ['eth_getLogs', { fromBlock: '0x2000', toBlock: number }],
  ])
  const inside = made.flatMap(({ blocks }) => blocks).flatMap(callsFor)
  let errors = 0
  for (const [method, ...params] of [...general, ...outside, ...inside]) {
    const answer = await call(rpc, method, ...params)
    expect(answer, `${method} ${JSON.stringify(params)}`).toEqual(await call(expected, method, ...params))
    if (answer.error !== undefined) errors++
  }
  expect(errors).toBe(5)
  expect(inside.length).toBeGreaterThan(1500)
})

test('a file that was changed is not answered from', async () => {
  const { name, bytes, blocks } = await madeUpChain({ blocks: 12 })
  for (let at = 300; at < bytes.length - 300; at += 997) {
    const changed = bytes.slice()
    changed[at] = (changed[at] ?? 0) ^ 0x10
    const opened = await folderHistory({ [name]: changed }).catch(() => undefined)
    if (opened === undefined) continue
    await using folder = opened
    const rpc = new Rpc(folder.history, { chainId: 1n })
    for (const { number, hash, transactions } of blocks) {
      const asked = `0x${number.toString(16)}`
      const block = await call(rpc, 'eth_getBlockByNumber', asked, true)
      if (block.result) expect(block.result).toMatchObject({ hash, transactions: { length: transactions.length } })
      const receipts = await call(rpc, 'eth_getBlockReceipts', asked)
      if (receipts.result) expect(receipts.result).toHaveLength(transactions.length)
      for (const { error } of [block, receipts]) if (error) expect([4444, -32000]).toContain(error.code)
    }
  }
})

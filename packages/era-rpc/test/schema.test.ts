import { hasVectors } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { Rpc } from '../src/index.ts'
import { METHODS } from '../src/methods/all-methods.ts'
import { MemoryHistory } from './support/archive-history.ts'
import { resultOf } from './support/ask.ts'
import { callsFor } from './support/calls.ts'
import { madeUpChain } from './support/made-up-chain.ts'
import { SCHEMA_METHODS, schemaErrors } from './support/schemas.ts'
import { type Golden, jsonLines } from './support/vector-files.ts'

const GENERAL = ['eth_chainId', 'eth_blockNumber', 'eth_syncing', 'eth_capabilities']
const OTHERS = ['net_version', 'net_listening', 'web3_clientVersion']

test.each([
  ['before the merge', false],
  ['after the merge', true],
])('every answer about blocks %s has the shape that the specification gives it', async (_, merged) => {
  const chain = await madeUpChain({ blocks: 80, merged })
  const rpc = new Rpc(await MemoryHistory.of(await chain.archive()), { chainId: 7n })
  const types = new Set(chain.blocks.flatMap(({ transactions }) => transactions.map(({ type }) => type)))
  expect(types).toEqual(new Set(merged ? [0, 1, 2, 3, 4] : [0, 1, 2]))
  const seen = new Set<string>()
  const calls: [string, ...unknown[]][] = [...GENERAL, ...OTHERS].map((method) => [method])
  for (const [method, ...params] of [...calls, ...chain.blocks.flatMap(callsFor)]) {
    const result = await resultOf(rpc, method, ...params)
    expect(
      schemaErrors(method, result),
      `${method} ${JSON.stringify(params)} ${JSON.stringify(result)}`,
    ).toBeUndefined()
    if (result !== null) seen.add(method)
  }
  const uncles = (method: string): boolean => merged && method.startsWith('eth_getUncleByBlock')
  expect(seen).toEqual(new Set(SCHEMA_METHODS.filter((method) => !uncles(method))))
})

test('all methods that are served have a schema', () => {
  const served = [...METHODS.keys()].filter((method) => !/subscribe$/.test(method))
  expect(new Set(served)).toEqual(new Set(SCHEMA_METHODS))
})

test('a schema refuses what is missing, what is too much, and other digits', async () => {
  const { blocks, archive } = await madeUpChain({ blocks: 20 })
  const rpc = new Rpc(await MemoryHistory.of(await archive()), { chainId: 7n })
  const full = blocks.find(({ transactions }) => transactions.length > 0)
  const block = (await resultOf(rpc, 'eth_getBlockByHash', full?.hash, true)) as Record<string, unknown>
  const { size: _, ...less } = block
  for (const wrong of [less, { ...block, more: '0x' }, { ...block, gasUsed: '0x01' }, { ...block, miner: '0xAB' }]) {
    expect(schemaErrors('eth_getBlockByHash', wrong)).toBeDefined()
  }
})

test.runIf(hasVectors('rpc'))('the answers of other libraries fit the schemas too', () => {
  const names = ['made-up-mainnet-01586-a26152e4.era1', 'sepolia-00021-b8814b14', 'mainnet-real-blocks']
  for (const { method, params, result } of names.flatMap((name) => jsonLines<Golden>('rpc', `${name}.jsonl.gz`))) {
    expect(schemaErrors(method, result), `${method} ${JSON.stringify(params)}`).toBeUndefined()
  }
})

import fc from 'fast-check'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { Rpc, type RpcOptions } from '../src/index.ts'
import { RpcServer } from '../src/node.ts'
import { MemoryHistory } from './support/archive-history.ts'
import { call, resultOf, textOf } from './support/ask.ts'
import { type MadeUpChain, madeUpChain } from './support/made-up-chain.ts'

interface Log {
  readonly address: string
  readonly topics: readonly string[]
  readonly blockNumber: string
  readonly logIndex: string
}

let chain: MadeUpChain
let history: MemoryHistory
/** All logs, from the receipts of the blocks. */
let all: readonly Log[]
beforeAll(async () => {
  chain = await madeUpChain({ blocks: 60 })
  history = await MemoryHistory.of(await chain.archive())
  const receipts: { readonly logs: readonly Log[] }[] = []
  for (const { hash } of chain.blocks) receipts.push(...((await resultOf(rpcOf(), 'eth_getBlockReceipts', hash)) as []))
  all = receipts.flatMap(({ logs }) => logs)
})

afterEach(() => {
  vi.useRealTimers()
})

const rpcOf = (options: Partial<RpcOptions> = {}): Rpc => new Rpc(history, { chainId: 7n, ...options })
const quantity = (value: bigint | number): string => `0x${value.toString(16)}`
const numberOf = (at: number): bigint => chain.blocks[at]?.number ?? 0n

test('there are logs of all kinds', () => {
  expect(all.length).toBeGreaterThan(200)
  expect(new Set(all.map(({ topics }) => topics.length))).toEqual(new Set([0, 1, 2, 3, 4]))
})

test('a search finds what a plain scan of all receipts does', async () => {
  const addresses = [...new Set(all.map(({ address }) => address))]
  const topics = [...new Set(all.flatMap(({ topics }) => topics))]
  const nobody = `0x${'12'.repeat(20)}`
  const upper = (text: string): string => `0x${text.slice(2).toUpperCase()}`
  const topic = fc.oneof(
    fc.constant(null),
    fc.constantFrom(...topics),
    fc.array(fc.constantFrom(...topics, null), { maxLength: 3 }),
  )
  const address = fc.oneof(
    fc.constant(null),
    fc.constantFrom(nobody, ...addresses, ...addresses.map(upper)),
    fc.array(fc.constantFrom(...addresses), { maxLength: 3 }),
  )
  const filter = fc.record(
    {
      address,
      topics: fc.oneof(fc.constant(null), fc.array(topic, { maxLength: 4 })),
      ends: fc.tuple(fc.nat(59), fc.nat(59)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
    },
    { requiredKeys: ['ends'] },
  )
  let hits = 0
  const property = fc.asyncProperty(filter, async ({ address, topics, ends: [from, to] }) => {
    const query = { fromBlock: quantity(numberOf(from)), toBlock: quantity(numberOf(to)), address, topics }
    const found = (await resultOf(rpcOf(), 'eth_getLogs', query)) as Log[]
    const isIn = (log: Log): boolean => {
      const number = BigInt(log.blockNumber)
      return number >= numberOf(from) && number <= numberOf(to)
    }
    expect(found).toEqual(all.filter((log) => isIn(log) && fits(log, address, topics)))
    hits += found.length
  })
  await fc.assert(property, { numRuns: 300 })
  expect(hits).toBeGreaterThan(1000)
})

type Alternatives = string | null | undefined | readonly (string | null)[]

function fits(log: Log, address: Alternatives, topics: readonly Alternatives[] | null | undefined): boolean {
  const isOneOf = (value: string | undefined, allowed: Alternatives): boolean => {
    const list = (Array.isArray(allowed) ? allowed : [allowed]) as readonly (string | null | undefined)[]
    return list.length === 0 || list.some((each) => each === null || each === undefined || each.toLowerCase() === value)
  }
  if (!isOneOf(log.address, address)) return false
  return (topics ?? []).every((allowed, at) => at < log.topics.length && isOneOf(log.topics[at], allowed))
}

test('without ends the head is searched, by hash that block', async () => {
  const ofBlock = (number: bigint): Log[] => all.filter((log) => BigInt(log.blockNumber) === number)
  expect(await resultOf(rpcOf(), 'eth_getLogs', {})).toEqual(ofBlock(numberOf(59)))
  const full = chain.blocks.find(({ receipts }) => receipts.length > 2)
  expect(await resultOf(rpcOf(), 'eth_getLogs', { blockHash: full?.hash })).toEqual(ofBlock(full?.number ?? 0n))
})

test('a null among topics stands for any, among addresses for nothing', async () => {
  const ofHead = all.filter((log) => BigInt(log.blockNumber) === numberOf(59))
  const unknown = `0x${'12'.repeat(32)}`
  expect(await resultOf(rpcOf(), 'eth_getLogs', { topics: [[unknown, null]] })).toEqual(
    ofHead.filter(({ topics }) => topics.length > 0),
  )
  for (const address of [[null], [ofHead[0]?.address, null]]) {
    expect((await call(rpcOf(), 'eth_getLogs', { address })).error?.code).toBe(-32602)
  }
})

const everything = { fromBlock: 'earliest', toBlock: 'latest' }

test.each([
  ['results', { maxLogs: 40 }, 'query returned more than 40 results'],
  ['bytes', { maxAnswerBytes: 20_000 }, 'query returned more than 20000 bytes'],
])('too many %s: a range is named that is not too much', async (_, limits, message) => {
  const rpc = rpcOf(limits)
  const { error } = await call(rpc, 'eth_getLogs', everything)
  expect(error?.code).toBe(-32602)
  expect(error?.message).toContain(message)
  const [, from, to] = /\[(0x[0-9a-f]+), (0x[0-9a-f]+)\]/.exec(error?.message ?? '') ?? []
  expect(error?.data).toMatchObject({ from, to })
  const found = (await resultOf(rpc, 'eth_getLogs', { fromBlock: from, toBlock: to })) as Log[]
  expect(found.length).toBeGreaterThan(10)
})

test('the named ranges lead through all, where each block alone is not too much', async () => {
  const rpc = rpcOf({ maxLogs: 1 })
  const found: Log[] = []
  for (let from = numberOf(0); from <= numberOf(59); ) {
    const query = { fromBlock: quantity(from), toBlock: 'latest' }
    const { result, error } = await call(rpc, 'eth_getLogs', query)
    const to = error === undefined ? numberOf(59) : BigInt((error.data as { to: string }).to)
    found.push(...((result ?? (await resultOf(rpc, 'eth_getLogs', { ...query, toBlock: quantity(to) }))) as Log[]))
    from = to + 1n
  }
  expect(found).toEqual(all)
})

test('too much time: a range is named that was searched', async () => {
  const slow = await MemoryHistory.of(await chain.archive())
  const stopped = numberOf(30)
  slow.onRead = (number) => {
    if (number === stopped) vi.advanceTimersByTime(10_000)
  }
  const rpc = new Rpc(slow, { chainId: 7n })
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { error } = await call(rpc, 'eth_getLogs', everything)
  expect(error).toMatchObject({ code: -32602, data: { from: quantity(numberOf(0)), to: quantity(stopped - 1n) } })
  expect(error?.message).toContain('query takes longer than 10 s')
})

test('what is too much for one block cannot be narrowed', async () => {
  const full = chain.blocks.find(({ receipts }) => receipts.length > 2)
  const { error } = await call(rpcOf({ maxAnswerBytes: 500 }), 'eth_getLogs', { blockHash: full?.hash })
  expect(error?.code).toBe(-32003)
  const from = quantity(full?.number ?? 0n)
  const first = await call(rpcOf({ maxAnswerBytes: 500 }), 'eth_getLogs', { fromBlock: from, toBlock: 'latest' })
  expect(first.error?.code).toBe(-32003)
  const { result } = await call(rpcOf({ maxLogs: 1 }), 'eth_getLogs', { blockHash: full?.hash })
  expect((result as Log[]).length).toBeGreaterThan(1)
})

test('a long search gives way to other work', async () => {
  const { archive } = await madeUpChain({ blocks: 40, logs: 200 })
  const rpc = new Rpc(await MemoryHistory.of(await archive()), { chainId: 7n, maxLogs: 1_000_000 })
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  await resultOf(rpc, 'eth_getLogs', everything)
  clearInterval(timer)
  expect(turns).toBeGreaterThan(2)
})

test('while a long search goes on, others are answered', async () => {
  const { archive } = await madeUpChain({ blocks: 40, logs: 200 })
  const rpc = new Rpc(await MemoryHistory.of(await archive()), { chainId: 7n, maxLogs: 1_000_000 })
  await using server = await RpcServer.listen(rpc, { port: 0 })
  const done: string[] = []
  const ask = async (method: string, params: readonly unknown[]): Promise<void> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const response = await fetch(server.url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
    await response.text()
    done.push(method)
  }
  await ask('eth_chainId', [])
  const search = ask('eth_getLogs', [everything])
  await ask('eth_chainId', [])
  await search
  expect(done).toEqual(['eth_chainId', 'eth_chainId', 'eth_getLogs'])
})

test('few searches run at a time, the others in their turn, and who leaves does not take one', async () => {
  let running = 0
  let most = 0
  const started: number[] = []
  const ends: (() => void)[] = []
  const slow = Object.assign(Object.create(history) as MemoryHistory, {
    async *logs({ from }: { readonly from: bigint }) {
      started.push(Number(from - numberOf(0)))
      most = Math.max(most, ++running)
      await new Promise<void>((resolve) => ends.push(resolve))
      running--
    },
  })
  for (const name of ['runs', 'head', 'earliest', 'find', 'holdsReceipts'] as const) {
    const value = history[name]
    Object.defineProperty(slow, name, { value: typeof value === 'function' ? value.bind(history) : value })
  }
  const rpc = new Rpc(slow, { chainId: 7n })
  const left = new AbortController()
  const search = (at: number): Promise<string | undefined> => {
    const params = [{ fromBlock: quantity(numberOf(at)), toBlock: quantity(numberOf(at)) }]
    const message = JSON.stringify({ jsonrpc: '2.0', id: at, method: 'eth_getLogs', params })
    return textOf(rpc, message, at === 5 ? left.signal : undefined)
  }
  const searches = [0, 1, 2, 3, 4, 5, 6, 7].map(search)
  const leaving = expect(searches[5]).rejects.toThrow('left')
  await expect.poll(() => started).toEqual([0, 1, 2, 3])
  expect(await resultOf(rpc, 'eth_chainId')).toBe('0x7')
  left.abort(new Error('left'))
  await leaving
  for (let ended = 0; ended < 7; ended++) {
    await expect.poll(() => ends.length).toBeGreaterThan(ended)
    ends[ended]?.()
  }
  const answers = await Promise.all(searches.filter((_, at) => at !== 5))
  expect(answers.every((answer) => answer?.endsWith('"result":[]}'))).toBe(true)
  expect([most, started]).toEqual([4, [0, 1, 2, 3, 4, 6, 7]])
})

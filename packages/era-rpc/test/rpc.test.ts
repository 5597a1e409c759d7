import { ByteSourceError } from '@datastreamer/e2store'
import { HistoryError } from '@datastreamer/era-history'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { type CallReport, Rpc, type RpcOptions } from '../src/index.ts'
import { MemoryHistory } from './support/archive-history.ts'
import { type Answered, call, resultOf, textOf } from './support/ask.ts'
import { type MadeUpChain, madeUpChain } from './support/made-up-chain.ts'

let chain: MadeUpChain
beforeAll(async () => {
  chain = await madeUpChain({ blocks: 60 })
})

afterEach(() => {
  vi.useRealTimers()
})

const quantity = (value: bigint | number): string => `0x${value.toString(16)}`

async function rpcOf(options: Partial<RpcOptions> = {}): Promise<{ rpc: Rpc; history: MemoryHistory }> {
  const history = await MemoryHistory.of(await chain.archive())
  return { rpc: new Rpc(history, { chainId: 7n, ...options }), history }
}

async function batch(rpc: Rpc, requests: readonly unknown[]): Promise<readonly Answered[]> {
  return JSON.parse((await textOf(rpc, JSON.stringify(requests))) ?? 'null')
}

const chainId = (id: unknown): object => ({ jsonrpc: '2.0', id, method: 'eth_chainId' })

const deep = (depth: number): string => `${'[{"id":1,"a":'.repeat(depth)}1${'}]'.repeat(depth)}`

test.each([
  ['{"jsonrpc":"2.0","id":12345678901234567890123,"method":"eth_chainId"}', '"id":12345678901234567890123,'],
  ['{"jsonrpc":"2.0","id":9007199254740993,"method":"eth_chainId"}', '"id":9007199254740993,'],
  ['{"jsonrpc":"2.0","id":1.50,"method":"eth_chainId"}', '"id":1.50,'],
  ['{"jsonrpc":"2.0","id":"ü\\u2028","method":"eth_chainId"}', '"id":"\\u00fc\\u2028",'],
  ['{"jsonrpc":"2.0","id":null,"method":"eth_chainId"}', '"id":null,'],
  ['{"jsonrpc":"2.0","id":-0,"method":"eth_chainId"}', '"id":-0,'],
  ['{"jsonrpc":"2.0","id":1.0,"method":"eth_chainId"}', '"id":1.0,'],
  ['{"jsonrpc":"2.0","id" :\t2E+0\n,"method":"eth_chainId"}', '"id":2E+0,'],
  ['{"jsonrpc":"2.0","id":1e999,"method":"eth_chainId"}', '"id":1e999,'],
  ['{"jsonrpc":"2.0","\\u0069d":1e3,"method":"eth_chainId"}', '"id":1e3,'],
  ['{"id":1.0,"jsonrpc":"2.0","id":2.0,"method":"eth_chainId"}', '"id":2.0,'],
  ['{"jsonrpc":"2.0","id":3.0,"method":"eth_chainId","a":{"id":4.0},"b":["id",{"id":5.0}]}', '"id":3.0,'],
  ['{"jsonrpc":"2.0","a":"\\"id\\\\\\":7","b\\":":"id","id":6.0,"method":"eth_chainId"}', '"id":6.0,'],
  ['[{"jsonrpc":"2.0","id":9007199254740993,"method":"eth_chainId"}]', '"id":9007199254740993,'],
])('the id is given back as it was sent: %s', async (message, id) => {
  const { rpc } = await rpcOf()
  expect(await textOf(rpc, message)).toContain(`{"jsonrpc":"2.0",${id}"result":"0x7"}`)
})

test('in a batch each id is that of its call', async () => {
  const { rpc } = await rpcOf()
  const members = ['9007199254740993', '[{"id":1.0}]', '{"id":2.0}', deep(20_000), '{"id":[3.0]}', '"id"']
  const calls = ['1.0', '9007199254740993', '2e0'].map((id) => `{"id":${id},"jsonrpc":"2.0","method":"eth_chainId"}`)
  const text = await textOf(rpc, ` [${[...members, ...calls].join(' , ')}]`)
  expect([...(text ?? '').matchAll(/"id":([^,]*),/g)].map(([, id]) => id)).toEqual([
    ...['null', 'null', '2.0', 'null', 'null', 'null'],
    ...['1.0', '9007199254740993', '2e0'],
  ])
})

test.each(['{"id":{}}', '{"id":[1]}', '{"id":true}', '1', 'null', '"text"', '{}', '{"jsonrpc":"1.0","method":"a"}'])(
  'no request: %s',
  async (message) => {
    const { rpc } = await rpcOf()
    const answer = JSON.parse((await textOf(rpc, message)) ?? '')
    expect(answer).toEqual({ jsonrpc: '2.0', id: null, error: { code: -32600, message: 'invalid request' } })
  },
)

test('names that are no methods are repeated, shortened and escaped', async () => {
  const { rpc } = await rpcOf()
  const text = await textOf(rpc, JSON.stringify({ jsonrpc: '2.0', id: 1, method: `\u0000é${'x'.repeat(500)}` }))
  expect(text).toMatch(/^[\x20-\x7e]{1,300}$/)
  expect(text).toContain('"code":-32601')
  for (const name of ['toString', '__proto__', 'constructor', '']) {
    expect(await call(rpc, name)).toMatchObject({ error: { code: -32601 } })
  }
})

test('what the chain and the server are', async () => {
  const { rpc } = await rpcOf({ clientVersion: 'test/v1' })
  const head = chain.blocks.at(-1)
  expect(await resultOf(rpc, 'eth_blockNumber')).toBe(quantity(head?.number ?? 0))
  expect(await resultOf(rpc, 'net_version')).toBe('7')
  expect(await resultOf(rpc, 'net_listening')).toBe(true)
  expect(await resultOf(rpc, 'eth_syncing')).toBe(false)
  expect(await resultOf(rpc, 'web3_clientVersion')).toBe('test/v1')
})

test('what is held: from the last gap on, receipts only where files have them', async () => {
  const history = new MemoryHistory()
  const archive = await chain.archive()
  const [gap, noReceipts] = [archive.start + 20n, archive.start + 30n]
  for await (const { receipts, ...block } of archive.iterate()) {
    if (block.number === gap) continue
    history.add(block.number === noReceipts || receipts === undefined ? block : { ...block, receipts })
  }
  const held = (from: bigint): object => ({ disabled: false, oldestBlock: quantity(from) })
  expect(await resultOf(new Rpc(history, { chainId: 7n }), 'eth_capabilities')).toEqual({
    head: { number: quantity(chain.blocks.at(-1)?.number ?? 0), hash: chain.blocks.at(-1)?.hash },
    state: { disabled: true },
    stateproofs: { disabled: true },
    tx: held(gap + 1n),
    blocks: held(gap + 1n),
    receipts: held(noReceipts + 1n),
    logs: held(noReceipts + 1n),
  })
})

test('tags: the head is final, the earliest is the lowest that is held', async () => {
  const { rpc } = await rpcOf()
  for (const tag of ['latest', 'safe', 'finalized']) {
    expect(await resultOf(rpc, 'eth_getBlockByNumber', tag, false)).toMatchObject({ hash: chain.blocks.at(-1)?.hash })
  }
  expect(await resultOf(rpc, 'eth_getBlockByNumber', 'earliest', false)).toMatchObject({ hash: chain.blocks[0]?.hash })
  expect(await resultOf(rpc, 'eth_getHeaderByNumber', 'pending')).toBeNull()
})

test('below the first block, and in a gap, history was pruned: said with what is there', async () => {
  const history = new MemoryHistory()
  const archive = await chain.archive()
  const gap = archive.start + 20n
  for await (const block of archive.iterate()) if (block.number !== gap) history.add(block)
  const rpc = new Rpc(history, { chainId: 7n })
  const pruned = (requested: bigint): object => ({
    code: 4444,
    message: 'Pruned history unavailable',
    data: { requested: quantity(requested), earliest: quantity(archive.start) },
  })
  for (const number of [0n, archive.start - 1n, gap]) {
    for (const [method, ...more] of [
      ['eth_getBlockByNumber', true],
      ['eth_getHeaderByNumber'],
      ['eth_getBlockReceipts'],
      ['eth_getBlockTransactionCountByNumber'],
      ['eth_getUncleCountByBlockNumber'],
      ['eth_getTransactionByBlockNumberAndIndex', '0x0'],
      ['debug_getRawBlock'],
      ['debug_getRawReceipts'],
    ] as const) {
      expect((await call(rpc, method, quantity(number), ...more)).error, method).toEqual(pruned(number))
    }
  }
  const logs = async (fromBlock: bigint, toBlock: bigint): Promise<Answered> =>
    call(rpc, 'eth_getLogs', { fromBlock: quantity(fromBlock), toBlock: quantity(toBlock) })
  expect((await logs(gap - 1n, gap + 1n)).error).toEqual(pruned(gap))
  expect((await logs(0n, gap + 1n)).error).toEqual(pruned(0n))
  expect((await logs(gap + 1n, gap + 2n)).error).toBeUndefined()
})

test('without receipts in the files, receipts and logs were pruned, and those of empty blocks are known', async () => {
  const history = new MemoryHistory()
  const archive = await chain.archive()
  for await (const { receipts: _, ...block } of archive.iterate()) history.add(block)
  const rpc = new Rpc(history, { chainId: 7n })
  const full = chain.blocks.find(({ transactions }) => transactions.length > 0)
  const empty = chain.blocks.find(({ transactions }) => transactions.length === 0)
  const code = async (method: string, ...params: unknown[]): Promise<unknown> =>
    (await call(rpc, method, ...params)).error?.code
  expect(await code('eth_getBlockReceipts', full?.hash)).toBe(4444)
  expect(await code('eth_getTransactionReceipt', full?.transactions[0]?.hash)).toBe(4444)
  expect(await code('eth_getLogs', { blockHash: full?.hash })).toBe(4444)
  expect(await resultOf(rpc, 'eth_getBlockReceipts', empty?.hash)).toEqual([])
  expect(await resultOf(rpc, 'eth_getTransactionByHash', full?.transactions[0]?.hash)).toMatchObject({
    blockHash: full?.hash,
  })
})

test('encoded blocks, headers, receipts and transactions are those of the file', async () => {
  const { rpc } = await rpcOf()
  for (const { number, hash, transactions, receipts } of chain.blocks.slice(0, 12)) {
    const header = (await resultOf(rpc, 'debug_getRawHeader', quantity(number))) as string
    const raw = (await resultOf(rpc, 'debug_getRawBlock', hash)) as string
    expect(raw.slice(2)).toContain(header.slice(2))
    const block = (await resultOf(rpc, 'eth_getBlockByHash', hash, false)) as { readonly size: string }
    expect(raw.length / 2 - 1).toBe(Number(block.size))
    expect(await resultOf(rpc, 'debug_getRawReceipts', hash)).toHaveLength(receipts.length)
    for (const transaction of transactions) {
      expect(await resultOf(rpc, 'debug_getRawTransaction', transaction.hash)).toBe(transaction.serialized)
    }
  }
  const unknown = `0x${'00'.repeat(32)}`
  expect((await call(rpc, 'debug_getRawBlock', unknown)).error?.code).toBe(-32000)
  expect(await resultOf(rpc, 'debug_getRawTransaction', unknown)).toBeNull()
})

test('a block by an object: null is absent, what is unknown or double is wrong', async () => {
  const { rpc } = await rpcOf()
  const { hash, number } = chain.blocks[2] ?? {}
  const expected = await resultOf(rpc, 'eth_getBlockReceipts', hash)
  for (const object of [
    { blockHash: hash, blockNumber: null, requireCanonical: null },
    { blockNumber: quantity(number ?? 0), blockHash: null, requireCanonical: true },
  ]) {
    expect(await resultOf(rpc, 'eth_getBlockReceipts', object)).toEqual(expected)
  }
  for (const object of [
    {},
    { blockHash: null },
    { blockHash: hash, blockNumber: '0x1' },
    { blockHash: hash, more: 1 },
  ]) {
    expect((await call(rpc, 'eth_getBlockReceipts', object)).error?.code).toBe(-32602)
  }
})

test('total difficulty is given where it is asked for', async () => {
  const last = chain.blocks.at(-1)?.hash
  expect(await resultOf((await rpcOf()).rpc, 'eth_getBlockByHash', last, false)).not.toHaveProperty('totalDifficulty')
  const difficulties = chain.blocks.map(({ header }) => header.difficulty)
  const total = difficulties.reduce((sum, each) => sum + each, 1_000_000n)
  expect(await resultOf((await rpcOf({ totalDifficulty: true })).rpc, 'eth_getBlockByHash', last, false)).toMatchObject(
    {
      totalDifficulty: quantity(total),
    },
  )
})

test('a batch: one answer for each call that has an id, in order, whatever is wrong with others', async () => {
  const { rpc } = await rpcOf()
  const answers = await batch(rpc, [
    chainId(1),
    { jsonrpc: '2.0', method: 'eth_chainId' },
    7,
    { jsonrpc: '2.0', id: 'b', method: 'nothing' },
    chainId(2),
  ])
  expect(answers).toMatchObject([
    { id: 1, result: '0x7' },
    { id: null, error: { code: -32600 } },
    { id: 'b', error: { code: -32601 } },
    { id: 2, result: '0x7' },
  ])
})

test('a batch of notifications is answered with nothing', async () => {
  const { rpc } = await rpcOf()
  const notification = { jsonrpc: '2.0', method: 'eth_chainId' }
  expect(await textOf(rpc, JSON.stringify([notification, notification]))).toBeUndefined()
})

test('a batch has at most 1,000 calls', async () => {
  const { rpc } = await rpcOf()
  const calls = Array.from({ length: 1001 }, (_, at) => chainId(at + 5))
  expect(await batch(rpc, calls.slice(1))).toHaveLength(1000)
  expect(await batch(rpc, calls)).toMatchObject([{ id: 5, error: { code: -32600 } }])
})

test('when the answers of a batch have too many bytes, the calls after them are refused', async () => {
  const { rpc, history } = await rpcOf({ maxAnswerBytes: 10_000 })
  const calls = Array.from({ length: 40 }, (_, id) => ({
    ...{ jsonrpc: '2.0', id, method: 'eth_getBlockByNumber' },
    params: [quantity(chain.blocks[id]?.number ?? 0), false],
  }))
  const answers = await batch(rpc, calls)
  expect(answers).toHaveLength(40)
  const refused = answers.findIndex(({ error }) => error?.code === -32003)
  expect(refused).toBeGreaterThan(2)
  expect(refused).toBeLessThan(15)
  expect(answers.slice(refused).every(({ error }) => error?.code === -32003)).toBe(true)
  expect(history.reads).toHaveLength(refused)
})

test('a few calls of a batch are worked on at a time', async () => {
  const { rpc, history } = await rpcOf()
  let working = 0
  let most = 0
  history.onRead = async () => {
    most = Math.max(most, ++working)
    await new Promise((resolve) => setImmediate(resolve))
    working--
  }
  const calls = chain.blocks.slice(0, 20).flatMap(({ number }) => [
    { jsonrpc: '2.0', id: 1, method: 'eth_getBlockByNumber', params: [quantity(number), true] },
    { jsonrpc: '2.0', id: 2, method: 'eth_getBlockReceipts', params: [quantity(number)] },
  ])
  expect(await batch(rpc, calls)).toHaveLength(40)
  expect(most).toBe(4)
})

test('few calls read blocks at a time, of all clients; one that nobody waits for any more takes no turn', async () => {
  const { rpc, history } = await rpcOf()
  const read: number[] = []
  history.onRead = (number) => {
    read.push(Number(number))
    return read.length > 16 ? undefined : new Promise(() => {})
  }
  const left = new AbortController()
  const ask = ({ number }: { readonly number: bigint }, signal?: AbortSignal): Promise<string | undefined> =>
    textOf(
      rpc,
      `{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":["${quantity(number)}",false]}`,
      signal,
    )
  const stuck = chain.blocks.slice(0, 16).map((block) => ask(block, left.signal))
  const waiting = chain.blocks.slice(16, 40).map((block) => ask(block))
  await vi.waitFor(() => expect(read).toHaveLength(16))
  expect(await resultOf(rpc, 'eth_chainId')).toBe('0x7')
  expect(read).toHaveLength(16)
  left.abort(new Error('left'))
  expect((await Promise.allSettled(stuck)).every(({ status }) => status === 'rejected')).toBe(true)
  expect((await Promise.all(waiting)).every((answer) => answer?.includes('"result":{"hash"'))).toBe(true)
  expect(read).toEqual(chain.blocks.slice(0, 40).map(({ number }) => Number(number)))
})

test('what takes too long is answered as timed out, in a batch each call that is left', async () => {
  const stuck = async (): Promise<Rpc> => {
    const { rpc, history } = await rpcOf()
    history.onRead = () => {
      vi.advanceTimersByTime(30_000)
      return new Promise(() => {})
    }
    return rpc
  }
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  expect(await call(await stuck(), 'eth_getBlockByNumber', 'latest', false)).toMatchObject({ error: { code: -32002 } })
  const block = { jsonrpc: '2.0', id: 1, method: 'eth_getBlockByNumber', params: ['latest', false] }
  const answers = await batch(await stuck(), [chainId(0), ...Array.from({ length: 9 }, () => block), chainId(2)])
  expect(answers[0]).toMatchObject({ result: '0x7' })
  expect(answers.slice(4).every(({ error }) => error?.code === -32002)).toBe(true)
  expect(answers).toHaveLength(11)
})

test('when the one who asked leaves, work ends', async () => {
  const { rpc, history } = await rpcOf()
  const left = new AbortController()
  const reason = new Error('left')
  history.onRead = (number) => {
    if (number === chain.blocks[5]?.number) left.abort(reason)
  }
  const logs = { jsonrpc: '2.0', id: 1, method: 'eth_getLogs', params: [{ fromBlock: 'earliest' }] }
  await expect(textOf(rpc, JSON.stringify(logs), left.signal)).rejects.toBe(reason)
  await expect(textOf(rpc, JSON.stringify([logs, logs]), left.signal)).rejects.toBe(reason)
})

test('calls are reported; a fault is no secret from the one who runs the server, and none to the one who asks', async () => {
  const reports: CallReport[] = []
  const { rpc, history } = await rpcOf({ onCall: (report) => reports.push(report) })
  const fault = new Error('secret path')
  history.onRead = () => Promise.reject(fault)
  const { error } = await call(rpc, 'eth_getBlockByNumber', 'latest', false)
  expect(error).toEqual({ code: -32603, message: 'internal error' })
  await call(rpc, 'eth_chainId')
  await call(rpc, 'anything')
  expect(reports).toMatchObject([
    { method: 'eth_getBlockByNumber', code: -32603, fault },
    { method: 'eth_chainId' },
    { method: 'unknown', code: -32601 },
  ])
})

test.each(['BLOCK_REJECTED', 'UNTRUSTED', 'NOT_HELD', 'NO_RECEIPTS'] as const)(
  'what a file does not hold as it must be (%s) is not there, which is reported',
  async (code) => {
    const reports: CallReport[] = []
    const { rpc, history } = await rpcOf({ onCall: (report) => reports.push(report) })
    const fault = new HistoryError(code, 'secret path')
    history.onRead = () => Promise.reject(fault)
    const { error } = await call(rpc, 'eth_getBlockByNumber', 'latest', false)
    expect(error).toEqual({ code: 4444, message: 'Pruned history unavailable' })
    expect(reports).toMatchObject([{ code: 4444, fault }])
  },
)

test.each([
  [false, -32000],
  [true, -32603],
])('files that cannot be read, perhaps later (%s): %i', async (retryable, code) => {
  const { rpc, history } = await rpcOf()
  history.onRead = () => Promise.reject(Object.assign(new ByteSourceError('SHORT_READ', 'secret path'), { retryable }))
  const { error } = await call(rpc, 'eth_getBlockByNumber', 'latest', false)
  expect(error).toEqual({ code, message: 'cannot be read: SHORT_READ' })
})

test('a chain id that is not known is an error, and nothing else is', async () => {
  const { rpc } = await rpcOf({ chainId: undefined })
  for (const method of ['eth_chainId', 'net_version']) {
    const [answer] = await batch(rpc, [{ jsonrpc: '2.0', id: 1, method }])
    expect(answer).toMatchObject({ error: { code: -32000, message: 'the chain id is not known' } })
  }
  expect(await resultOf(rpc, 'eth_blockNumber')).toMatch(/^0x/)
})

import { once } from 'node:events'
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { freePort } from '@datastreamer/fixtures'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { type CallReport, HttpFallback, type HttpFallbackOptions, Rpc } from '../src/index.ts'
import { RpcServer } from '../src/node.ts'
import { MemoryHistory } from './support/archive-history.ts'
import { call, textOf } from './support/ask.ts'
import { folderHistory } from './support/file-history.ts'
import { type MadeUpChain, madeUpChain } from './support/made-up-chain.ts'

let early: MadeUpChain
let late: MadeUpChain
beforeAll(async () => {
  early = await madeUpChain({ blocks: 20, start: 8192n, seed: 2 })
  late = await madeUpChain({ blocks: 20 })
})

const closing: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of closing.splice(0)) await each.close()
})

const quantity = (value: bigint | number): string => `0x${value.toString(16)}`
const UNKNOWN = `0x${'42'.repeat(32)}`

/** Another server, of the blocks before ours. */
async function other(): Promise<{ readonly url: string; readonly rpc: Rpc; readonly reports: CallReport[] }> {
  const reports: CallReport[] = []
  const options = { chainId: 7n, onCall: (report: CallReport) => reports.push(report) }
  const rpc = new Rpc(await MemoryHistory.of(await early.archive()), options)
  const server = await RpcServer.listen(rpc, { port: 0 })
  closing.push(server)
  return { url: server.url, rpc, reports }
}

async function listen(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push({
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function ours(
  url: string,
  options: HttpFallbackOptions = {},
  onCall?: (report: CallReport) => void,
): Promise<Rpc> {
  const fallback = new HttpFallback(url, options)
  return new Rpc(await MemoryHistory.of(await late.archive()), { chainId: 7n, fallback, onCall, timeoutMs: 5000 })
}

test('what was pruned, and what a hash is not known of, another server is asked for', async () => {
  const there = await other()
  const reports: CallReport[] = []
  const rpc = await ours(there.url, {}, (report) => reports.push(report))
  const full = early.blocks.find(({ transactions, receipts }) => transactions.length > 0 && receipts.length > 0)
  const [number, hash, transaction] = [quantity(full?.number ?? 0), full?.hash, full?.transactions[0]?.hash]
  const calls: [string, ...unknown[]][] = [
    ['eth_getBlockByNumber', number, true],
    ['eth_getBlockByHash', hash, false],
    ['eth_getHeaderByHash', hash],
    ['eth_getBlockReceipts', { blockHash: hash }],
    ['eth_getBlockTransactionCountByHash', hash],
    ['eth_getTransactionByBlockHashAndIndex', hash, '0x0'],
    ['eth_getTransactionByHash', transaction],
    ['eth_getTransactionReceipt', transaction],
    ['eth_getLogs', { fromBlock: number, toBlock: number }],
    ['eth_getLogs', { blockHash: hash }],
    ['debug_getRawBlock', hash],
  ]
  for (const [method, ...params] of calls) {
    const answer = await call(rpc, method, ...params)
    expect(answer.result, method).toBeTruthy()
    expect(answer).toEqual(await call(there.rpc, method, ...params))
  }
  expect(reports.every(({ isFromFallback }) => isFromFallback)).toBe(true)
  expect(reports).toHaveLength(calls.length)
})

test('what is here, what is above all blocks and what is wrong is answered without it', async () => {
  const there = await other()
  const rpc = await ours(there.url)
  const head = late.blocks.at(-1)
  await call(rpc, 'eth_getBlockByNumber', quantity(head?.number ?? 0), false)
  await call(rpc, 'eth_getBlockByNumber', '0xffffffff', false)
  await call(rpc, 'eth_getUncleByBlockNumberAndIndex', 'latest', '0xff')
  await call(rpc, 'eth_getTransactionByHash', '0x12')
  await call(rpc, 'eth_call', {}, 'latest')
  expect(there.reports).toEqual([])
})

test('what the files cannot be searched for, another server is asked for', async () => {
  const there = await other()
  const transaction = early.blocks.flatMap(({ transactions }) => transactions)[0]
  // Nothing may be read to find a hash.
  await using folder = await folderHistory({ [late.name]: late.bytes }, { scanBytes: 0 })
  const alone = new Rpc(folder.history, { chainId: 7n })
  const rpc = new Rpc(folder.history, { chainId: 7n, fallback: new HttpFallback(there.url) })
  const calls: [string, ...unknown[]][] = [
    ['eth_getTransactionByHash', transaction?.hash],
    ['eth_getTransactionReceipt', transaction?.hash],
    ['eth_getBlockByHash', early.blocks[3]?.hash, false],
    ['eth_getLogs', { blockHash: early.blocks[3]?.hash }],
  ]
  for (const [method, ...params] of calls) {
    expect((await call(alone, method, ...params)).error).toMatchObject({
      code: -32000,
      message: 'cannot be read: NO_INDEX',
    })
    const answer = await call(rpc, method, ...params)
    expect(answer.result, method).toBeTruthy()
    expect(answer).toEqual(await call(there.rpc, method, ...params))
  }
  expect((await call(rpc, 'eth_getTransactionByHash', UNKNOWN)).error?.code).toBe(-32000)
})

test('what neither has is answered as without it', async () => {
  const rpc = await ours((await other()).url)
  expect(await call(rpc, 'eth_getTransactionByHash', UNKNOWN)).toEqual({ jsonrpc: '2.0', id: 1, result: null })
  expect((await call(rpc, 'eth_getBlockByNumber', '0x1', false)).error?.code).toBe(4444)
  expect((await call(rpc, 'eth_getLogs', { blockHash: UNKNOWN })).error?.code).toBe(-32000)
})

const CHAIN_ID = '{"jsonrpc":"2.0","id":1,"result":"0x7"}'

/** A server of our chain: `listener` answers the rest. */
const ofOurChain =
  (listener: RequestListener): RequestListener =>
  async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    if (body.includes('"eth_chainId"')) response.end(CHAIN_ID)
    else listener(request, response)
  }

const answering =
  (status: number, body: string): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  }

test.each<[string, RequestListener]>([
  ['fails', answering(500, '{"jsonrpc":"2.0","id":1,"result":"0x1"}')],
  ['answers no JSON', answering(200, '<html>')],
  ['answers something else', answering(200, '[]')],
  ['answers too much', answering(200, `{"jsonrpc":"2.0","id":1,"result":"${'x'.repeat(5000)}"}`)],
  ['leads elsewhere', (_, response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end()],
  ['hangs', () => {}],
  ['hangs up', (request) => request.socket.destroy()],
])('a server that %s is no trouble of ours', async (_, listener) => {
  const faults: unknown[] = []
  const options = { timeoutMs: 100, maxBytes: 4000, onFault: (error: unknown) => faults.push(error) }
  const rpc = await ours(await listen(ofOurChain(listener)), options)
  expect(await call(rpc, 'eth_getTransactionByHash', UNKNOWN)).toEqual({ jsonrpc: '2.0', id: 1, result: null })
  expect((await call(rpc, 'eth_getBlockByNumber', '0x1', false)).error?.code).toBe(4444)
  expect(faults).toHaveLength(2)
})

test('a server of another chain is not asked for more', async () => {
  const asked: string[] = []
  const faults: unknown[] = []
  let chain = '"0x1"'
  const url = await listen(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { method } = JSON.parse(body)
    asked.push(method)
    response.end(`{"jsonrpc":"2.0","id":1,"result":${method === 'eth_chainId' ? chain : '"0xbad"'}}`)
  })
  const rpc = await ours(url, { onFault: (error) => faults.push(error) })
  for (const other of ['"0x1"', '"0x07"', '7', 'null']) {
    chain = other
    expect((await call(rpc, 'eth_getTransactionByHash', UNKNOWN)).result).toBeNull()
  }
  expect(faults).toMatchObject([
    { code: 'WRONG_CHAIN', message: 'the fallback is of chain "0x1", expected "0x7"' },
    { code: 'WRONG_CHAIN' },
    { code: 'WRONG_CHAIN' },
    { code: 'WRONG_CHAIN', message: 'the fallback does not say of which chain it is, expected "0x7"' },
  ])
  expect(asked).toEqual(Array.from({ length: 4 }, () => 'eth_chainId'))
})

test('of which chain it is, a server is asked once, and again after it failed', async () => {
  const asked: string[] = []
  let status = 200
  const url = await listen(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    asked.push(JSON.parse(body).method)
    response.writeHead(status).end(CHAIN_ID)
  })
  const rpc = await ours(url)
  const get = (): Promise<unknown> => call(rpc, 'eth_getTransactionByHash', UNKNOWN)
  await Promise.all([get(), get(), get()])
  const [check, method] = ['eth_chainId', 'eth_getTransactionByHash']
  expect(asked.splice(0)).toEqual([check, method, method, method])
  status = 503
  await get()
  expect(asked.splice(0)).toEqual([method])
  await get()
  status = 200
  await get()
  await get()
  expect(asked).toEqual([check, check, method, method])
})

test('when the one leaves for whom a server is asked of which chain it is, others ask themselves', async () => {
  const left = new AbortController()
  let checks = 0
  const fallback = new HttpFallback(
    await listen((_, response) => {
      if (checks++ === 0) left.abort(new Error('left'))
      else response.end(CHAIN_ID)
    }),
  )
  const ask = (signal: AbortSignal) => fallback.ask('eth_getBlockByNumber', [], { chainId: 7n, signal })
  const first = ask(left.signal)
  const second = ask(new AbortController().signal)
  await expect(first).rejects.toThrow('left')
  expect([await second, checks]).toEqual(['"0x7"', 3])
})

test('a server that is not there is no trouble of ours', async () => {
  const rpc = await ours('http://127.0.0.1:1')
  expect((await call(rpc, 'eth_getBlockByNumber', '0x1', false)).error?.code).toBe(4444)
})

test('its error is not passed on', async () => {
  const error = '{"jsonrpc":"2.0","id":1,"error":{"code":-32005,"message":"limit"}}'
  const url = await listen(ofOurChain(answering(200, error)))
  expect((await call(await ours(url), 'eth_getBlockByNumber', '0x1', false)).error?.code).toBe(4444)
})

test('only so many calls go there at a time', async () => {
  let working = 0
  let most = 0
  const waiting: ServerResponse[] = []
  // Two are answered together, once both are there.
  const listener: RequestListener = (_, response) => {
    most = Math.max(most, ++working)
    waiting.push(response)
    if (waiting.length < 2) return
    setImmediate(() => {
      for (const each of waiting.splice(0)) {
        working--
        each.end('{"jsonrpc":"2.0","id":1,"result":"0x1"}')
      }
    })
  }
  const url = await listen(ofOurChain(listener))
  const rpc = await ours(url, { maxParallel: 2 })
  const asked = Array.from({ length: 20 }, () => call(rpc, 'eth_getTransactionByHash', UNKNOWN))
  expect((await Promise.all(asked)).every(({ result }) => result === '0x1')).toBe(true)
  expect(most).toBe(2)
})

test('user and password are sent, and not shown', async () => {
  let sent: string | undefined
  const url = await listen(({ headers }, response) => {
    sent = headers.authorization
    response.end('{"jsonrpc":"2.0","id":1,"result":"0x1"}')
  })
  const fallback = new HttpFallback(`${url.replace('//', '//me:s%40cret@')}/v3/key`)
  expect(fallback.name).toBe(url)
  expect(await fallback.ask('eth_chainId', [], { chainId: 1n, signal: new AbortController().signal })).toBe('"0x1"')
  expect(Buffer.from(sent?.replace('Basic ', '') ?? '', 'base64').toString()).toBe('me:s@cret')
})

test.each(['file:///etc/passwd', 'ftp://example.org', 'example.org', ''])('no fallback: %s', (url) => {
  expect(() => new HttpFallback(url)).toThrow(expect.objectContaining({ code: 'BAD_URL', name: 'RpcSetupError' }))
})

test('when the one who asked leaves, the other server is left too', async () => {
  const left = new AbortController()
  const reason = new Error('left')
  let onClosed = (): void => {}
  const closed = new Promise<void>((resolve) => {
    onClosed = resolve
  })
  const listener: RequestListener = (_, response) => {
    response.once('close', onClosed)
    left.abort(reason)
  }
  const url = await listen(ofOurChain(listener))
  const message = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_getTransactionByHash', params: [UNKNOWN] })
  await expect(textOf(await ours(url), message, left.signal)).rejects.toBe(reason)
  await closed
})

test('two servers that are each other’s fallback do not ask in a circle', async () => {
  const port = await freePort()
  const faults: unknown[] = []
  const rpc = await ours(`http://127.0.0.1:${port}`, { onFault: (error) => faults.push(error) })
  closing.push(await RpcServer.listen(rpc, { port }))
  const { error } = await call(rpc, 'eth_getBlockByNumber', '0x1', false)
  expect([error?.code, faults]).toEqual([4444, []])
})

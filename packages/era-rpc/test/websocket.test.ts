import { once } from 'node:events'
import { afterEach, expect, test, vi } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'
import { Rpc, type RpcOptions } from '../src/index.ts'
import { RpcServer, type RpcServerOptions } from '../src/node.ts'
import { MemoryHistory } from './support/archive-history.ts'
import { textOf } from './support/ask.ts'
import { madeUpChain } from './support/made-up-chain.ts'

const open: RpcServer[] = []
afterEach(async () => {
  vi.useRealTimers()
  for (const server of open.splice(0)) await server.close()
})

async function serve(
  options: RpcServerOptions = {},
  history = new MemoryHistory(),
  rpcOptions: Partial<RpcOptions> = {},
): Promise<RpcServer> {
  const server = await RpcServer.listen(new Rpc(history, { chainId: 5n, ...rpcOptions }), { port: 0, ...options })
  open.push(server)
  return server
}

async function dial(server: RpcServer, options: ClientOptions = {}): Promise<WebSocket> {
  const socket = new WebSocket(server.url.replace('http', 'ws'), options)
  await once(socket, 'open')
  return socket
}

/** Send messages, and wait for so many answers. */
async function exchange(socket: WebSocket, messages: readonly string[], answers: number): Promise<unknown[]> {
  const got: unknown[] = []
  const all = new Promise<void>((resolve, reject) => {
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) reject(new Error('a binary message'))
      got.push(JSON.parse(data.toString()))
      if (got.length === answers) resolve()
    })
    socket.on('close', (code) => reject(new Error(`closed: ${code}`)))
  })
  for (const message of messages) socket.send(message)
  await all
  socket.removeAllListeners()
  return got
}

const call = (id: number, method = 'eth_chainId', params: unknown[] = []): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params })

test('calls and batches are answered, notifications are not', async () => {
  const socket = await dial(await serve())
  const notification = JSON.stringify({ jsonrpc: '2.0', method: 'eth_chainId' })
  const answers = await exchange(socket, [notification, call(1), `[${call(2)},${call(3)}]`, '{'], 3)
  expect(answers).toHaveLength(3)
  expect(answers).toEqual(
    expect.arrayContaining([
      { jsonrpc: '2.0', id: 1, result: '0x5' },
      [
        { jsonrpc: '2.0', id: 2, result: '0x5' },
        { jsonrpc: '2.0', id: 3, result: '0x5' },
      ],
      expect.objectContaining({ id: null, error: expect.objectContaining({ code: -32700 }) }),
    ]),
  )
})

test('a message may come in several frames, as bytes, or be empty', async () => {
  const socket = await dial(await serve())
  const message = call(1)
  socket.send(message.slice(0, 9), { fin: false })
  socket.send('', { fin: false })
  socket.send(message.slice(9), { fin: true })
  socket.send(Buffer.from(call(2)), { binary: true })
  const answers = await exchange(socket, [''], 3)
  expect(answers).toEqual(
    expect.arrayContaining([
      { jsonrpc: '2.0', id: 1, result: '0x5' },
      { jsonrpc: '2.0', id: 2, result: '0x5' },
      expect.objectContaining({ id: null, error: expect.objectContaining({ code: -32700 }) }),
    ]),
  )
})

test.each(['eth_subscribe', 'eth_unsubscribe'])('%s: notifications are not supported', async (method) => {
  const [answer] = await exchange(await dial(await serve()), [call(1, method, ['newHeads'])], 1)
  expect(answer).toMatchObject({ error: { code: -32601, message: 'notifications not supported' } })
})

test('an answer of many parts is one message, and two of them do not mix', async () => {
  const { archive, blocks } = await madeUpChain({ blocks: 24, logs: 40 })
  const history = await MemoryHistory.of(await archive())
  const socket = await dial(await serve({}, history))
  const from = `0x${blocks[0]?.number.toString(16)}`
  const query = (id: number): string => call(id, 'eth_getLogs', [{ fromBlock: from, toBlock: 'latest' }])
  const answers = (await exchange(socket, [query(1), query(2), call(3)], 3)) as { id: number; result: unknown[] }[]
  const [first, second] = answers.filter(({ id }) => id < 3)
  expect(JSON.stringify(first?.result).length).toBeGreaterThan(200_000)
  expect(second?.result).toEqual(first?.result)
})

test('messages over the limit end the connection', async () => {
  const socket = await dial(await serve({ maxMessageBytes: 1000 }))
  await exchange(socket, [call(1).padEnd(1000)], 1)
  socket.send(call(2).padEnd(1001))
  const [code] = await once(socket, 'close')
  expect(code).toBe(1009)
})

test.each([
  ['of a page that is not allowed', { origin: 'https://other.test' }],
  ['under another name', { headers: { host: 'other.test' } }],
])('a connection %s is refused', async (_, options) => {
  const server = await serve({ allowedOrigins: ['https://app.test'] })
  const socket = new WebSocket(server.url.replace('http', 'ws'), options)
  const [error] = await once(socket, 'error')
  expect((error as Error).message).toContain('403')
})

test('of a page that is allowed it is accepted', async () => {
  const server = await serve({ allowedOrigins: ['https://app.test'] })
  const socket = await dial(server, { origin: 'https://app.test' })
  expect(await exchange(socket, [call(1)], 1)).toHaveLength(1)
})

test('no more connections than allowed are accepted', async () => {
  const server = await serve({ maxConnections: 1 })
  await dial(server)
  const second = new WebSocket(server.url.replace('http', 'ws'))
  await once(second, 'error')
})

test('a client that answers no pings is disconnected, another is not', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const server = await serve()
  const silent = await dial(server, { autoPong: false })
  const lively = await dial(server)
  const pinged = Promise.all([once(silent, 'ping'), once(lively, 'ping')])
  vi.advanceTimersByTime(30_000)
  await pinged
  // It is read after what answered the ping.
  expect(await exchange(lively, [call(0)], 1)).toHaveLength(1)
  const closed = once(silent, 'close')
  vi.advanceTimersByTime(30_000)
  await closed
  expect(await exchange(lively, [call(1)], 1)).toHaveLength(1)
})

test('of the messages of a connection only a few are worked on at a time', async () => {
  const { archive } = await madeUpChain({ blocks: 40 })
  const history = await MemoryHistory.of(await archive())
  let working = 0
  let most = 0
  history.onRead = async () => {
    most = Math.max(most, ++working)
    await new Promise((resolve) => setImmediate(resolve))
    working--
  }
  const socket = await dial(await serve({}, history))
  const first = Number(history.earliest)
  const calls = Array.from({ length: 40 }, (_, at) =>
    call(at, 'eth_getBlockByNumber', [`0x${(first + at).toString(16)}`, false]),
  )
  const answers = await exchange(socket, calls, 40)
  expect(answers.every((answer) => (answer as { result?: unknown }).result !== null)).toBe(true)
  expect(most).toBeGreaterThan(1)
  expect(most).toBeLessThanOrEqual(4)
})

test('when the server ends, clients are notified', async () => {
  const server = await serve()
  const socket = await dial(server)
  const closed = once(socket, 'close')
  await server.close({ graceMs: 5000 })
  expect((await closed)[0]).toBe(1001)
})

test('answers that are not taken are bounded for all clients together', async () => {
  const chain = await madeUpChain({ blocks: 20 })
  const history = await MemoryHistory.of(await chain.archive())
  const search = call(1, 'eth_getLogs', [{ fromBlock: `0x${chain.blocks[0]?.number.toString(16)}` }])
  const bytes = (await textOf(new Rpc(history, { chainId: 5n }), search))?.length ?? 0
  const server = await serve({ maxHeldBytes: 2 * bytes }, history)
  const reader = await dial(server)
  for (let at = 0; at < 4; at++) await exchange(reader, [search], 1)
  const socket = await dial(server)
  const closed = once(socket, 'close')
  socket.pause()
  for (let at = 0; at < 500; at++) socket.send(search)
  await expect.poll(() => server.webSockets).toBe(1)
  socket.resume()
  await closed
  expect(await exchange(reader, [call(2)], 1)).toEqual([{ jsonrpc: '2.0', id: 2, result: '0x5' }])
})

test('searches of one connection that hang keep nobody else waiting', async () => {
  const { archive, blocks } = await madeUpChain({ blocks: 12 })
  const history = await MemoryHistory.of(await archive())
  const server = await serve({}, history)
  const [first, second] = blocks.map(({ number }) => `0x${number.toString(16)}`)
  let goOn = (): void => {}
  const gate = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const hung: bigint[] = []
  history.onRead = (number) => {
    if (number !== blocks[0]?.number) return
    hung.push(number)
    return gate
  }
  const search = (id: number, block = first): string => call(id, 'eth_getLogs', [{ fromBlock: block, toBlock: block }])
  const busy = await dial(server)
  const theirs = exchange(busy, [`[${search(1)},${search(2)},${search(3)},${search(4)}]`, search(5)], 2)
  await vi.waitFor(() => expect(hung).toHaveLength(2))
  const other = await dial(server)
  const block = call(2, 'eth_getBlockByNumber', [second, false])
  const answers = await exchange(other, [search(1, second), block, search(3, second)], 3)
  expect(new Set(answers.map((answer) => (answer as { id: number }).id))).toEqual(new Set([1, 2, 3]))
  expect(answers).not.toContainEqual(expect.objectContaining({ error: expect.anything() }))
  expect(hung).toHaveLength(2)
  goOn()
  expect(await theirs).toHaveLength(2)
  expect(hung).toHaveLength(5)
})

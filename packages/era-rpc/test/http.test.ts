import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { Rpc } from '../src/index.ts'
import { RpcServer, type RpcServerOptions } from '../src/node.ts'
import { MemoryHistory } from './support/archive-history.ts'

const open: RpcServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

async function serve(options: RpcServerOptions = {}): Promise<RpcServer> {
  const rpc = new Rpc(new MemoryHistory(), { chainId: 5n })
  const server = await RpcServer.listen(rpc, { port: 0, ...options })
  open.push(server)
  return server
}

const CHAIN_ID = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId' })
const JSON_HEADERS = { 'content-type': 'application/json' }

async function post(
  server: RpcServer,
  body: string,
  headers: Record<string, string> = JSON_HEADERS,
): Promise<Response> {
  return fetch(server.url, { method: 'POST', body, headers })
}

test('a call is answered', async () => {
  const response = await post(await serve(), CHAIN_ID)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(await response.json()).toEqual({ jsonrpc: '2.0', id: 1, result: '0x5' })
})

test.each(['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/json-rpc', 'application/jsonrequest'])(
  '%s is JSON',
  async (type) => {
    expect((await post(await serve(), CHAIN_ID, { 'content-type': type })).status).toBe(200)
  },
)

test.each(['text/plain', 'application/x-www-form-urlencoded', ''])('%j is not: 415', async (type) => {
  expect((await post(await serve(), CHAIN_ID, { 'content-type': type })).status).toBe(415)
})

test('errors of JSON-RPC are answers as others', async () => {
  const response = await post(await serve(), '{')
  expect(response.status).toBe(200)
  expect(await response.json()).toMatchObject({ id: null, error: { code: -32700 } })
})

test('a notification is answered with nothing', async () => {
  const response = await post(await serve(), JSON.stringify({ jsonrpc: '2.0', method: 'eth_chainId' }))
  expect([response.status, await response.text()]).toEqual([200, ''])
})

test('an empty GET says that the server lives', async () => {
  const response = await fetch((await serve()).url)
  expect([response.status, await response.text()]).toEqual([200, ''])
})

test.each([
  ['PUT', '/', 405],
  ['DELETE', '/', 405],
  ['GET', '/other', 404],
  ['GET', '/eth/v1/node/version', 404],
])('%s %s: %i', async (method, path, status) => {
  expect((await fetch((await serve()).url + path, { method })).status).toBe(status)
})

test('what is asked for below /eth/ is for the Beacon API', async () => {
  const server = await serve({ beacon: (request, response) => response.end(`beacon ${request.url}`) })
  expect(await (await fetch(`${server.url}/eth/v1/node/version?a=b`)).text()).toBe('beacon /eth/v1/node/version?a=b')
})

test.each([
  ['with its length', (body: string) => body],
  ['without its length', (body: string) => new Blob([body]).stream()],
])('a body over the limit, sent %s: 413', async (_, bodyOf) => {
  const server = await serve({ maxBodyBytes: 1000 })
  const ask = (bytes: number): Promise<Response> => {
    const body = CHAIN_ID.padEnd(bytes)
    return fetch(server.url, {
      method: 'POST',
      body: bodyOf(body),
      headers: JSON_HEADERS,
      duplex: 'half',
    } as RequestInit)
  }
  expect((await ask(1000)).status).toBe(200)
  expect((await ask(1001)).status).toBe(413)
  expect((await ask(3_000_000)).status).toBe(413)
})

/** What a server answers to bytes of a client of HTTP. */
function raw(server: RpcServer, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(server.address.port, '127.0.0.1', () => socket.write(request))
    socket.on('data', (chunk) => {
      text += chunk.toString()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
  })
}

test.each([
  ['localhost', 200],
  ['LOCALHOST:8545', 200],
  ['127.0.0.1', 200],
  ['[::1]:8545', 200],
  ['example.org', 403],
  ['history.test', 200],
])('asked under the name %s: %i', async (host, status) => {
  const server = await serve({ allowedHosts: ['localhost', 'history.test'] })
  const answer = await raw(server, `GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`)
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
})

test('pages of origins that are allowed may read answers, and ask before', async () => {
  const server = await serve({ allowedOrigins: ['https://app.test'] })
  const asked = await fetch(server.url, {
    method: 'OPTIONS',
    headers: { origin: 'https://app.test', 'access-control-request-method': 'POST' },
  })
  expect(asked.status).toBe(200)
  expect(Object.fromEntries(asked.headers)).toMatchObject({
    'access-control-allow-origin': 'https://app.test',
    'access-control-allow-methods': 'GET, POST, OPTIONS',
    'access-control-allow-headers': 'content-type',
  })
  const answer = await post(server, CHAIN_ID, { ...JSON_HEADERS, origin: 'https://app.test' })
  expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.test')
  const other = await post(server, CHAIN_ID, { ...JSON_HEADERS, origin: 'https://other.test' })
  expect(other.headers.get('access-control-allow-origin')).toBeNull()
})

test('requests sent one after another are answered in that order', async () => {
  const call = (id: number): string => {
    const body = JSON.stringify({ jsonrpc: '2.0', id, method: 'eth_chainId' })
    const close = id === 3 ? 'connection: close\r\n' : ''
    return `POST / HTTP/1.1\r\nhost: localhost\r\n${close}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  }
  const answer = await raw(await serve(), call(1) + call(2) + call(3))
  expect([...answer.matchAll(/"id":(\d)/g)].map(([, id]) => id)).toEqual(['1', '2', '3'])
})

test('what clients send in part is bounded for all together, and who sends little is served', async () => {
  const server = await serve({ maxHeldBytes: 3_000_000 })
  const head = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2000000\r\n\r\n'
  const ended: Promise<unknown>[] = []
  for (let at = 0; at < 3; at++) {
    const socket = connect(server.address.port, server.address.host)
    socket.on('error', () => {})
    ended.push(new Promise((resolve) => socket.once('close', resolve)))
    socket.write(head + ' '.repeat(1_900_000))
  }
  // Two of the three are too much; which comes first nobody knows.
  await Promise.race(ended)
  expect(await (await post(server, CHAIN_ID)).json()).toMatchObject({ result: '0x5' })
})

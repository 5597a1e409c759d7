import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { Rpc } from '../src/index.ts'
import { RpcServer } from '../src/node.ts'
import { MemoryHistory } from './support/archive-history.ts'
import { madeUpChain } from './support/made-up-chain.ts'

const BLOCK = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_getBlockByNumber', params: ['latest', false] })
const REQUEST = `POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${BLOCK.length}\r\n\r\n${BLOCK}`

/** A server whose blocks come when they are released. */
async function held(): Promise<{ server: RpcServer; asked: Promise<void>; release: () => void }> {
  const { archive } = await madeUpChain({ blocks: 5 })
  const history = await MemoryHistory.of(await archive())
  let release = (): void => {}
  let onAsked = (): void => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const asked = new Promise<void>((resolve) => {
    onAsked = resolve
  })
  history.onRead = () => {
    onAsked()
    return released
  }
  const server = await RpcServer.listen(new Rpc(history, { chainId: 1n }), { port: 0 })
  return { server, asked, release }
}

/** What comes on a connection that stays open, until it is closed. */
function ask(server: RpcServer, request: string): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(server.address.port, '127.0.0.1', () => socket.write(request))
    socket.on('data', (chunk) => {
      text += chunk.toString()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
  })
}

test('what was asked for before the end is answered, and its connection closed', async () => {
  const { server, asked, release } = await held()
  const answered = ask(server, REQUEST)
  await asked
  const closed = server.close({ graceMs: 60_000 })
  await expect(fetch(server.url)).rejects.toThrow()
  release()
  expect(await answered).toContain('"result":{"hash"')
  await closed
})

test('connections on which nothing is asked are closed at once', async () => {
  const { server } = await held()
  const idle = ask(server, 'GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
  await fetch(server.url)
  await server.close({ graceMs: 60_000 })
  expect(await idle).toContain('200 OK')
})

test('what is not answered in time is given up, and closing twice is closing once', async () => {
  const { server, asked } = await held()
  const answered = ask(server, REQUEST)
  await asked
  const closed = server.close({ graceMs: 1 })
  expect(server.close()).toBe(closed)
  await closed
  expect(await answered).toBe('')
})

test('who sends no more, and waits, is answered', async () => {
  const { server, asked, release } = await held()
  const socket = connect({ port: server.address.port, host: '127.0.0.1', allowHalfOpen: true })
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  socket.end(REQUEST)
  await asked
  // The server has seen the end of what is sent.
  await once(socket, 'data')
  release()
  await once(socket, 'end')
  expect(text).toMatch(/^(?:HTTP\/1\.1 102 Processing\r\n\r\n)+HTTP\/1\.1 200 OK\r\n.*"result":\{"hash"/s)
  await server.close()
})

test('for who has left no work goes on', async () => {
  let onAsked = (_: AbortSignal): void => {}
  const asked = new Promise<AbortSignal>((resolve) => {
    onAsked = resolve
  })
  const answer = (_: string, { signal }: { readonly signal: AbortSignal }): Promise<never> => {
    onAsked(signal)
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  }
  await using server = await RpcServer.listen({ answer } as unknown as Rpc, { port: 0, pingMs: 10 })
  const socket = connect(server.address.port, '127.0.0.1', () => socket.write(REQUEST))
  const signal = await asked
  const left = once(signal, 'abort')
  socket.destroy()
  await left
  expect(signal.aborted).toBe(true)
})

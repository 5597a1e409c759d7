import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { hasOpenssl, makeCertificate, tempDir } from '@datastreamer/fixtures'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ClientTlsOptions, NetListener, NetSocket } from './net.ts'
import { nodeNet } from './node-net.ts'

interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: Error) => void
}

function deferred<T>(): Deferred<T> {
  let [resolve, reject]: [Deferred<T>['resolve'], Deferred<T>['reject']] = [() => {}, () => {}]
  const promise = new Promise<T>((onValue, onError) => {
    ;[resolve, reject] = [onValue, onError]
  })
  return { promise, resolve, reject }
}

async function listen(onConnection: (socket: NetSocket, descriptor: number | undefined) => void): Promise<NetListener> {
  const open = new Set<NetSocket>()
  const listener = await nodeNet.listen({
    host: '127.0.0.1',
    port: 0,
    backlog: 16,
    keepAliveMs: 0,
    onConnection: (socket, descriptor) => {
      open.add(socket.on('error', () => {}))
      onConnection(socket, descriptor)
    },
  })
  onTestFinished(async () => {
    for (const socket of open) socket.destroy()
    await listener.close()
  })
  return listener
}

async function dial(port: number, tls?: ClientTlsOptions): Promise<NetSocket> {
  const { promise, resolve, reject } = deferred<void>()
  const socket = nodeNet.dial({ host: '127.0.0.1', port, keepAliveMs: 30_000, tls }, resolve)
  onTestFinished(() => void socket.destroy())
  socket.on('error', reject)
  await promise
  return socket
}

test('what one side writes the other reads, each ends its own', async () => {
  const { promise: accepted, resolve } = deferred<NetSocket>()
  const { address } = await listen((socket, descriptor) => {
    expect(descriptor).toBeGreaterThan(2)
    resolve(socket)
  })
  const socket = await dial(address.port)
  const peer = await accepted
  expect(peer.remoteAddress).toBe('127.0.0.1')
  socket.end('question')
  await once(peer.resume(), 'end')
  peer.end('answer')
  const chunks = await socket.toArray()
  expect(Buffer.concat(chunks).toString()).toBe('answer')
})

test('a timeout is reported, though the other side is there', async () => {
  const { promise: accepted, resolve } = deferred<NetSocket>()
  const { address } = await listen(resolve)
  await dial(address.port)
  const peer = await accepted
  peer.setTimeout(10)
  await once(peer, 'timeout')
})

test('an address that is in use is said so', async () => {
  const { address } = await listen(() => {})
  const again = nodeNet.listen({ ...address, backlog: 1, keepAliveMs: 0, onConnection: () => {} })
  await expect(again).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test('nobody there: the error comes by event', async () => {
  const listener = await nodeNet.listen({
    host: '127.0.0.1',
    port: 0,
    backlog: 1,
    keepAliveMs: 0,
    onConnection: () => {},
  })
  await listener.close()
  await expect(dial(listener.address.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

describe.skipIf(!hasOpenssl())('TLS', () => {
  test('a handshake leads to a secure connection, a failed one to its code, and a renewed certificate is shown', async () => {
    using dir = tempDir()
    for (const name of ['old', 'new']) makeCertificate(dir.path, name)
    const read = (name: string): Buffer => readFileSync(dir.join(name))
    const acceptor = nodeNet.createTlsAcceptor({
      tls: { key: read('old.key'), cert: read('old.crt') },
      handshakeTimeoutMs: 60_000,
    })
    const ends: string[] = []
    let next = deferred<string>()
    const end = (how: string): void => {
      ends.push(how)
      next.resolve(how)
      next = deferred()
    }
    const { address } = await listen((socket) => {
      const onSecure = (secure: NetSocket): void => {
        secure.on('error', () => {}).end('secret')
        end('secure')
      }
      acceptor.shakeHands(socket, onSecure, (code) => end(`failed: ${code}`))
    })
    const socket = await dial(address.port, { ca: read('old.crt') })
    expect(Buffer.concat(await socket.toArray()).toString()).toBe('secret')

    let failed = next.promise
    const plain = await dial(address.port)
    plain.on('error', () => {}).write('no handshake at all')
    expect(await failed).toMatch(/^failed: ERR_SSL/)

    failed = next.promise
    const gone = await dial(address.port)
    gone.destroy()
    expect(await failed).toBe('failed: ECONNRESET')

    acceptor.renew({ key: read('new.key'), cert: read('new.crt') })
    await dial(address.port, { ca: read('new.crt') })
    await expect.poll(() => ends).toHaveLength(4)
    expect(ends[3]).toBe('secure')
  })
})

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect as connectPlain } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { hasOpenssl, makeCertificate, tempDir } from '@datastreamer/fixtures'
import { encodeResult } from '@datastreamer/format'
import type { ServerTlsOptions } from '@datastreamer/runtime'
import { concat, TestLog } from '@datastreamer/store/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { StreamServer } from '../src/stream-server.ts'
import { packetsIn, RawClient, TestServer } from './tcp-client.ts'

const OK = encodeResult(0)

describe.skipIf(!hasOpenssl())('TLS', () => {
  const dir = tempDir()
  afterAll(() => dir[Symbol.dispose]())

  const pem = (name: string): string => readFileSync(dir.join(name), 'utf8')

  beforeAll(() => {
    makeCertificate(dir.path, 'authority')
    makeCertificate(dir.path, 'server', 'authority')
    makeCertificate(dir.path, 'client', 'authority')
    makeCertificate(dir.path, 'stranger')
  })

  const serverTls = (): ServerTlsOptions => ({ key: pem('server.key'), cert: pem('server.crt') })

  async function connectTls(server: TestServer, options: ConnectionOptions = {}): Promise<RawClient> {
    return shakenHands(connect({ port: server.port, host: '127.0.0.1', ca: pem('authority.crt'), ...options }))
  }

  async function shakenHands(socket: TLSSocket): Promise<RawClient> {
    await once(socket, 'secureConnect')
    return new RawClient(socket)
  }

  test('carries the protocol', async () => {
    const log = new TestLog({ inMemory: false })
    const bytes = log.addMany(100, 50_000)
    log.commit()
    await using server = await TestServer.start(log, {}, serverTls())
    expect(server.events[0]).toMatchObject({ type: 'listening', tls: true })
    using client = await connectTls(server)
    client.send({ name: 'start', fromEntryNumber: 0n })
    expect(Buffer.compare(await client.read(OK.length + bytes.length), concat([OK, bytes]))).toBe(0)
    const more = log.addMany(2, 10)
    log.commit()
    expect(await client.read(more.length)).toEqual(more)
    client.send({ name: 'stop' })
    client.send({ name: 'header' })
    expect(packetsIn(await client.read(2 * OK.length + 38))).toEqual(['result 0', 'result 0', 'header 102'])
    client.socket.end()
    expect(await server.whenClosed(1)).toEqual(['CLIENT_ENDED'])
  })

  test('drops a client that does not read', async () => {
    const log = new TestLog()
    log.addMany(300, 50_000)
    log.commit()
    await using server = await TestServer.start(log, { writeTimeoutMs: 200 }, serverTls())
    using client = await connectTls(server)
    client.socket.pause()
    client.send({ name: 'start', fromEntryNumber: 0n })
    expect(await server.whenClosed(1)).toEqual(['WRITE_TIMEOUT'])
    expect((await server.server.counters()).bytesSent).toBeLessThan(300 * 50_000)
  })

  test('accepts only clients whose certificate is signed by the right authority', async () => {
    const tls = { ...serverTls(), ca: pem('authority.crt'), requestCert: true, rejectUnauthorized: true }
    await using server = await TestServer.start(new TestLog(), {}, tls)
    using known = await connectTls(server, { key: pem('client.key'), cert: pem('client.crt') })
    known.send({ name: 'header' })
    expect(packetsIn(await known.read(OK.length + 38))).toEqual(['result 0', 'header 0'])
    for (const identity of [{}, { key: pem('stranger.key'), cert: pem('stranger.crt') }]) {
      using unknown = await connectTls(server, identity)
      unknown.send({ name: 'header' })
      expect(await unknown.rest()).toEqual(new Uint8Array())
    }
    expect(await server.server.counters()).toMatchObject({ accepted: 1, rejected: { TLS_FAILED: 2 } })
  })

  test('shakes hands with another certificate once it is renewed; who is connected stays so', async () => {
    const shown = async (server: TestServer): Promise<unknown> => {
      const socket = connect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false })
      await once(socket, 'secureConnect')
      const { CN } = socket.getPeerCertificate().subject
      socket.destroy()
      return CN
    }
    await using server = await TestServer.start(new TestLog(), {}, serverTls())
    using before = await connectTls(server)
    expect(await shown(server)).toBe('server')
    const renewed = { key: pem('stranger.key'), cert: pem('stranger.crt') }
    expect(() => server.server.renewTls({ ...renewed, key: 'no key' })).toThrow()
    expect(await shown(server)).toBe('server')
    server.server.renewTls(renewed)
    expect(await shown(server)).toBe('stranger')
    before.send({ name: 'header' })
    expect(packetsIn(await before.read(OK.length + 38))).toEqual(['result 0', 'header 0'])
  })

  test('keeps asking for certificates when it is renewed, by other authorities', async () => {
    const asking = { ...serverTls(), requestCert: true, rejectUnauthorized: true }
    await using server = await TestServer.start(new TestLog(), {}, { ...asking, ca: pem('authority.crt') })
    server.server.renewTls({ ...serverTls(), ca: pem('stranger.crt') })
    using stranger = await connectTls(server, { key: pem('stranger.key'), cert: pem('stranger.crt') })
    stranger.send({ name: 'header' })
    expect(packetsIn(await stranger.read(OK.length + 38))).toEqual(['result 0', 'header 0'])
    using former = await connectTls(server, { key: pem('client.key'), cert: pem('client.crt') })
    expect(await former.rest()).toEqual(new Uint8Array())
  })

  test('has nothing to renew without TLS, or before it listens', async () => {
    await using server = await TestServer.start(new TestLog())
    expect(() => server.server.renewTls(serverTls())).toThrow('listens without TLS')
    await using idle = new StreamServer({ reader: new TestLog() })
    expect(() => idle.renewTls(serverTls())).toThrow('does not listen')
  })

  test('still answers a client that has sent all it wants', async () => {
    const log = new TestLog()
    const bytes = log.addMany(100, 50_000)
    log.commit()
    await using server = await TestServer.start(log, {}, serverTls())
    using client = await connectTls(server)
    for (let number = 0n; number < 100n; number++) client.send({ name: 'entry', entryNumber: number })
    client.socket.end()
    const { length } = await client.rest()
    expect(length).toBe(100 * OK.length + bytes.length)
  })

  test('releases a client that leaves in the middle of the handshake', async () => {
    await using server = await TestServer.start(new TestLog(), { maxConnections: 1 }, serverTls())
    const leaving = connectPlain({ port: server.port, host: '127.0.0.1', allowHalfOpen: true })
    leaving.end()
    leaving.resume()
    await once(leaving, 'end')
    await expect.poll(async () => (await server.server.counters()).rejected).toEqual({ TLS_FAILED: 1 })
    expect(server.events).toContainEqual(expect.objectContaining({ type: 'rejected', remoteAddress: '127.0.0.1' }))
    using next = await connectTls(server)
    next.send({ name: 'header' })
    expect(packetsIn(await next.read(OK.length + 38))).toEqual(['result 0', 'header 0'])
  })

  test('lets nobody in who does not speak it, and counts those who try', async () => {
    await using server = await TestServer.start(new TestLog(), { maxConnections: 2 }, serverTls())
    const silent = connectPlain({ port: server.port, host: '127.0.0.1' })
    await once(silent, 'connect')
    using plain = await server.connect()
    using other = await server.connect()
    other.send({ name: 'header' })
    await other.closed
    plain.send({ name: 'header' })
    await plain.closed
    expect(await server.server.counters()).toMatchObject({ accepted: 0, rejected: { TLS_FAILED: 2 } })
    silent.destroy()
  })

  test('is kept from nobody by connections that never shake hands: they displace one another', async () => {
    const limits = { maxConnections: 4, maxConnectionsPerAddress: 3 }
    await using server = await TestServer.start(new TestLog(), limits, serverTls())
    const silent = Array.from({ length: 40 }, () => connectPlain({ port: server.port, host: '127.0.0.1' }))
    const closed = silent.map((socket) => once(socket.resume(), 'close'))
    await Promise.all(silent.map((socket) => once(socket, 'connect')))
    await expect.poll(async () => (await server.server.counters()).rejected).toEqual({ EVICTED: 36 })
    // Its address has one connection, the other one four.
    const elsewhere = connectPlain({ port: server.port, host: '127.0.0.1', localAddress: '127.0.0.2' })
    using client = await shakenHands(connect({ socket: elsewhere, host: '127.0.0.1', ca: pem('authority.crt') }))
    client.send({ name: 'header' })
    expect(packetsIn(await client.read(OK.length + 38))).toEqual(['result 0', 'header 0'])
    for (const socket of silent) socket.destroy()
    await Promise.all(closed)
  })
})

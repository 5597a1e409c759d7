import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { hasOpenssl, makeCertificate, tempDir } from '@datastreamer/fixtures'
import { encodeSourceRequest } from '@datastreamer/format/source'
import { ManualClock, until } from '@datastreamer/runtime/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hello, operation, RawSource, TestSources } from './source-client.ts'
import { RawClient } from './tcp-client.ts'

/** Longer than any test. */
const NEVER_MS = 0x7fff_ffff
const TOKEN = { token: 'secret' }
const known = { token: new TextEncoder().encode('secret') }
/** The beginning of a hello as long as one can be. */
const LONG_HELLO = encodeSourceRequest(hello({ token: new Uint8Array(1024) }))

/** Connections that send a long hello a byte at a time, for as long as they can. */
class SlowHellos implements Disposable {
  readonly sockets: Socket[] = []
  readonly #timer: NodeJS.Timeout

  constructor(everyMs: number) {
    this.#timer = setInterval(() => {
      for (const socket of this.sockets) {
        const { bytesWritten } = socket
        if (!socket.destroyed) socket.write(LONG_HELLO.subarray(bytesWritten, bytesWritten + 1))
      }
    }, everyMs)
  }

  async open(count: number, port: number, localAddress = '127.0.0.1'): Promise<void> {
    const added = Array.from({ length: count }, () => connect({ port, host: '127.0.0.1', localAddress }))
    for (const socket of added) socket.on('error', () => {}).resume()
    await Promise.all(added.map((socket) => once(socket, 'connect')))
    this.sockets.push(...added)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    for (const socket of this.sockets) socket.destroy()
  }
}

describe('a hello', () => {
  test('has one deadline, which its bytes do not move', async () => {
    const clock = new ManualClock()
    await using sources = await TestSources.start({ helloTimeoutMs: 1000, clock })
    using slow = new SlowHellos(100)
    await slow.open(3, sources.port)
    await until(() => sources.server.connections().length === 3)
    for (let beat = 0; beat < 10; beat++) {
      const { bytesReceived } = sources.server.counters
      await clock.pass(100)
      if (beat < 9) await until(() => sources.server.counters.bytesReceived >= bytesReceived + 3)
    }
    expect(await sources.whenClosed(3)).toEqual(['HELLO_TIMEOUT', 'HELLO_TIMEOUT', 'HELLO_TIMEOUT'])
  })

  test('that is there in time ends that deadline', async () => {
    const clock = new ManualClock()
    await using sources = await TestSources.start({ helloTimeoutMs: 200, inactivityTimeoutMs: 0, clock })
    using silent = await sources.connect()
    using source = await sources.connect()
    await source.hello()
    await until(() => sources.server.connections().length === 2)
    await clock.pass(200)
    expect(await silent.rest()).toEqual([])
    using later = await sources.connect()
    await until(() => sources.server.counters.accepted === 3)
    await clock.pass(200)
    expect(await later.rest()).toEqual([])
    source.send(...operation(0, 1))
    expect(await source.answers(1)).toEqual(['committed 0-1'])
    for (const { raw } of [silent, later]) raw.socket.end()
    expect(await sources.whenClosed(2)).toEqual(['HELLO_TIMEOUT', 'HELLO_TIMEOUT'])
  })

  test('is all that a source client may begin with: what is another message is not waited for', async () => {
    await using sources = await TestSources.start(TOKEN)
    using source = await sources.connect()
    source.raw.socket.write(Uint8Array.of(0x03, 0, 0x20, 0, 0))
    expect(await source.rest()).toEqual(['closing BAD_STATE at 0'])
  })
})

describe('whoever can reach the port', () => {
  test('keeps nobody out who has the token, with hellos that never end', async () => {
    await using sources = await TestSources.start(TOKEN)
    using slow = new SlowHellos(50)
    await slow.open(200, sources.port)
    for (let round = 0; round < 5; round++) {
      using source = await sources.connect()
      expect(await source.hello(known)).toMatchObject({ name: 'welcome' })
      source.send(...operation(round, 1))
      expect(await source.answers(1)).toEqual([`committed ${round}-${round + 1}`])
    }
    expect(sources.server.connections().length).toBeLessThan(100)
    expect(sources.closed).toContain('EVICTED')
  })

  test('disturbs nobody who writes', async () => {
    await using sources = await TestSources.start({ ...TOKEN, maxConnections: 8, helloTimeoutMs: NEVER_MS })
    using source = await sources.connect()
    await source.hello(known)
    using slow = new SlowHellos(50)
    for (let round = 0; round < 10; round++) await slow.open(20, sources.port)
    await expect.poll(() => sources.server.connections().length).toBe(9)
    source.send(...operation(0, 1))
    expect(await source.answers(1)).toEqual(['committed 0-1'])
  })

  test('displaces only its own connections: one from elsewhere has its time', async () => {
    await using sources = await TestSources.start({ ...TOKEN, maxConnections: 8, helloTimeoutMs: NEVER_MS })
    const socket = connect({ port: sources.port, host: '127.0.0.1', localAddress: '127.0.0.2' })
    await once(socket, 'connect')
    using slowLine = new RawSource(new RawClient(socket))
    const bytes = encodeSourceRequest(hello(known))
    slowLine.raw.socket.write(bytes.subarray(0, 10))
    using slow = new SlowHellos(50)
    for (let round = 0; round < 10; round++) await slow.open(20, sources.port)
    await expect.poll(() => sources.server.connections().length).toBe(8)
    slowLine.raw.socket.write(bytes.subarray(10))
    expect(await slowLine.answer()).toMatchObject({ name: 'welcome' })
  })
})

describe.skipIf(!hasOpenssl())('with TLS', () => {
  const folder = tempDir()
  afterAll(() => folder[Symbol.dispose]())
  beforeAll(() => makeCertificate(folder.path, 'server'))

  const tls = () => {
    const [key, cert] = ['server.key', 'server.crt'].map((name) => readFileSync(folder.join(name), 'utf8'))
    return { tls: { key, cert } }
  }

  test('the silent displace one another', async () => {
    await using sources = await TestSources.start({ ...TOKEN, maxConnections: 8, helloTimeoutMs: NEVER_MS }, tls())
    using silent = new SlowHellos(NEVER_MS)
    await silent.open(40, sources.port)
    await expect.poll(() => sources.server.counters.rejected.EVICTED).toBe(32)
    const local = { localAddress: '127.0.0.2', rejectUnauthorized: false }
    const socket = connectTls({ port: sources.port, host: '127.0.0.1', ...local })
    await once(socket, 'secureConnect')
    using source = new RawSource(new RawClient(socket))
    expect(await source.hello(known)).toMatchObject({ name: 'welcome' })
  })

  test('the handshake is part of the time for a hello', async () => {
    await using sources = await TestSources.start({ ...TOKEN, helloTimeoutMs: 300 }, tls())
    using silent = new SlowHellos(NEVER_MS)
    await silent.open(7, sources.port)
    await expect.poll(() => sources.server.counters.rejected).toEqual({ TLS_FAILED: 7 })
  })
})

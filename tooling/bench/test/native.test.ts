import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { tempDir } from '@datastreamer/fixtures'
import { randomFrom } from '@datastreamer/fixtures/random'
import { afterAll, describe, expect, test } from 'vitest'
import { Counter } from '../src/harness/counter.ts'
import { LiveReaders, type LiveReport } from '../src/harness/live-readers.ts'
import { compile, NativeProcess, runNative } from '../src/harness/native.ts'
import { ScriptedServer } from './scripted-server.ts'

const canCompile = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0
const folder = tempDir()
afterAll(() => folder[Symbol.dispose]())

test('a missing compiler is reported with what to install', async () => {
  await expect(compile('count', folder.path, 'no-such-compiler')).rejects.toThrow('apt-get install gcc libc6-dev')
})

describe.skipIf(!canCompile)('count', async () => {
  const counter = canCompile ? await Counter.compile(folder.path) : undefined

  test('says the bytes on each connection and waits until all have theirs', async () => {
    const said: string[] = []
    const sent: Promise<void>[] = []
    await using server = await ScriptedServer.listen((socket, bytes) => {
      said.push(bytes.toString('hex'))
      const delay = 20 * said.length
      sent.push(sleep(delay).then(() => void socket.write(new Uint8Array(300_000))))
    })
    const counted = { port: server.port, say: Uint8Array.of(1, 0xab), bytes: 300_000, connections: 3 }
    // The last of them is served no sooner than that after it spoke.
    expect(await counter?.seconds(counted)).toBeGreaterThan(0.015)
    expect(said).toEqual(['01ab', '01ab', '01ab'])
    await Promise.all(sent)
  })

  test('fails if a connection is closed early', async () => {
    await using server = await ScriptedServer.listen((socket) => socket.end(new Uint8Array(10)))
    const counted = { port: server.port, say: Uint8Array.of(1), bytes: 11 }
    await expect(counter?.seconds(counted)).rejects.toThrow('closed 1 bytes early')
  })
})

test.skipIf(!canCompile)('sendfile sends the range to everyone who says something', async () => {
  const random = randomFrom(1)
  const bytes = Buffer.from(Uint8Array.from({ length: 3_000_000 }, () => random(256)))
  await writeFile(folder.join('some.bin'), bytes)
  const range = [folder.join('some.bin'), 4096, 2_999_999] as const
  await using server = new NativeProcess(await compile('sendfile', folder.path), range)
  const { port } = await server.next<{ readonly port: number }>()
  const receive = async (): Promise<Buffer> => {
    const socket = connect(port, '127.0.0.1')
    socket.write('x')
    return buffer(socket)
  }
  for (const received of await Promise.all([receive(), receive()])) {
    expect(received.equals(bytes.subarray(4096, 2_999_999))).toBe(true)
  }
})

describe.skipIf(!canCompile)('live', async () => {
  const program = canCompile ? await compile('live', folder.path) : ''
  const FROM = 5
  const OK = Buffer.from('ff0000000b000000004f4b', 'hex')

  /** Answers Header with a total of `FROM`, and Start with OK and what it sends. */
  async function serve(
    start: (send: (bytes: Uint8Array) => void, end: () => void) => void | Promise<void>,
  ): Promise<ScriptedServer> {
    return ScriptedServer.listen((socket, said) => {
      if (said.readBigUInt64BE() === 3n) {
        const header = Buffer.alloc(38)
        header.writeUInt8(1)
        header.writeUInt32BE(38, 1)
        header.writeBigUInt64BE(BigInt(FROM), 30)
        socket.write(Buffer.concat([OK, header]))
        return
      }
      expect(said.toString('hex')).toBe(`${'1'.padStart(16, '0')}${'1'.padStart(16, '0')}${'5'.padStart(16, '0')}`)
      void start(
        (bytes) => socket.write(bytes),
        () => socket.end(),
      )
    })
  }

  /** An entry with the time of now in it, and some more data. */
  function entry(number: number, more = 100): Buffer {
    const bytes = Buffer.alloc(25 + more)
    bytes.writeUInt8(2)
    bytes.writeUInt32BE(bytes.length, 1)
    bytes.writeUInt32BE(1, 5)
    bytes.writeBigUInt64BE(BigInt(number), 9)
    bytes.writeBigUInt64BE(process.hrtime.bigint(), 17)
    return bytes
  }

  async function look(server: ScriptedServer, readers: number, to: number, warmUpMs = 0): Promise<LiveReport> {
    await using live = new NativeProcess(program, [server.port, readers, 2, warmUpMs])
    expect(await live.next()).toEqual({ from: FROM })
    live.say(`to ${to}`)
    return await live.next<LiveReport>()
  }

  test('takes times of operations, but not of the warm-up', async () => {
    await using server = await serve(async (send) => {
      send(OK)
      for (let number = FROM; number < FROM + 40; number += 2) {
        send(Buffer.concat([entry(number), entry(number + 1, 0)]))
        await sleep(2)
      }
    })
    await expect.poll(async () => (await look(server, 3, FROM + 40)).samples).toBeGreaterThan(0)
    const report = await look(server, 3, FROM + 40)
    expect(report).toMatchObject({ gaps: 0, repeats: 0, closed: 0, entries: 120, fewest: 40 })
    const { samples, p50, p90, p99, p999, max } = report
    expect(samples).toBeLessThanOrEqual(3 * 19)
    expect([p50, p90, p99, p999, max]).toEqual([p50, p90, p99, p999, max].toSorted((a, b) => a - b))
    expect(await look(server, 3, FROM + 40, 3_600_000)).toMatchObject({ samples: 0, max: 0, pause: 0, entries: 120 })
  })

  test('takes packets that come split anywhere', async () => {
    await using server = await serve(async (send) => {
      const bytes = Buffer.concat([OK, entry(FROM), entry(FROM + 1), entry(FROM + 2, 3), entry(FROM + 3)])
      for (let at = 0; at < bytes.length; at += 7) {
        send(bytes.subarray(at, at + 7))
        await sleep(0)
      }
    })
    expect(await look(server, 2, FROM + 4)).toMatchObject({ gaps: 0, repeats: 0, closed: 0, entries: 8, fewest: 4 })
  })

  test('counts what is left out, what comes again, and who is closed', async () => {
    let started = 0
    await using server = await serve((send, end) => {
      send(OK)
      if (started++ === 0) return end()
      send(Buffer.concat([FROM, FROM + 3, FROM + 1, FROM + 4].map((number) => entry(number))))
    })
    expect(await look(server, 2, FROM + 5)).toMatchObject({ gaps: 2, repeats: 1, closed: 1, entries: 3, fewest: 0 })
    await using all = await serve((send) => send(Buffer.concat([OK, entry(FROM), entry(FROM + 2)])))
    await using readers = await LiveReaders.join({
      program,
      port: all.port,
      readers: 1,
      operationEntries: 2,
      warmUpMs: 0,
    })
    await expect(readers.receive(FROM + 3)).rejects.toThrow('1 entries were left out')
  })

  test('fails if a client is refused, or something else comes', async () => {
    const run = (server: ScriptedServer) => runNative(program, [server.port, 1, 2, 0])
    await using refusing = await serve((send) => send(Buffer.from('ff0000000900000003', 'hex')))
    await expect(run(refusing)).rejects.toThrow('answers Start with 3')
    await using other = await serve((send) => send(Buffer.concat([OK, Buffer.from('070000000900000000', 'hex')])))
    await expect(run(other)).rejects.toThrow('a packet of type 7 and 9 bytes came')
  })

  test('ends when its standard input does', async () => {
    await using server = await serve((send) => send(OK))
    const live = new NativeProcess(program, [server.port, 1, 2, 0])
    expect(await live.next()).toEqual({ from: FROM })
    await live[Symbol.asyncDispose]()
    await expect(live.next()).rejects.toThrow('ended')
  })
})

import { execFileSync } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { open } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { tempDir } from '@datastreamer/fixtures'
import { type Command, encodeCommand, encodeResult } from '@datastreamer/format'
import { turns, until } from '@datastreamer/runtime/testing'
import { openStore } from '@datastreamer/store'
import { gatedDisk, TestLog } from '@datastreamer/store/testing'
import { describe, expect, test } from 'vitest'
import { TestServer } from './tcp-client.ts'

const HEADER = { name: 'header' } as const
const RESULT_BYTES = encodeResult(0).length
const HEADER_ANSWER_BYTES = RESULT_BYTES + 38
const COMMAND_BYTES = encodeCommand(HEADER, 1n).length
const DATA_BYTES = 100
const ENTRY_ANSWER_BYTES = RESULT_BYTES + 17 + DATA_BYTES

function pipelined(command: Command, count: number): Uint8Array {
  const bytes = encodeCommand(command, 1n)
  return Buffer.concat(Array.from({ length: count }, () => bytes))
}

function someLog(): TestLog {
  const log = new TestLog()
  log.addMany(10, DATA_BYTES)
  log.commit()
  return log
}

describe('ten thousand commands that one client sends at once', () => {
  const COUNT = 10_000

  test('another client is answered long before them', async () => {
    await using server = await TestServer.start(someLog())
    using other = await server.connect()
    other.send(HEADER)
    await other.read(HEADER_ANSWER_BYTES)
    using flood = await server.connect()
    flood.socket.write(pipelined(HEADER, COUNT))
    await flood.read(HEADER_ANSWER_BYTES)
    other.send(HEADER)
    await other.read(HEADER_ANSWER_BYTES)
    const connections = await server.server.connections()
    const flooding = connections.find(({ remotePort }) => remotePort === flood.socket.localPort)
    expect(flooding?.bytesSent).toBeLessThan((COUNT / 2) * HEADER_ANSWER_BYTES)
    await flood.read((COUNT - 1) * HEADER_ANSWER_BYTES)
  })
})

describe('a client that sends commands and reads no answers', () => {
  const SENT_BYTES = 64 * 1024 * 1024
  /** What a socket reads at once, a few times. */
  const READ_AHEAD_BYTES = 4 * 64 * 1024

  test('is read from no further than it is answered', async () => {
    const accepted: Socket[] = []
    const onSocket = (message: unknown): void => void accepted.push((message as { readonly socket: Socket }).socket)
    subscribe('net.server.socket', onSocket)
    try {
      await using server = await TestServer.start(someLog(), { writeTimeoutMs: 500 })
      using flood = await server.connect()
      flood.socket.pause()
      flood.socket.write(pipelined(HEADER, SENT_BYTES / COMMAND_BYTES))
      expect(await server.whenClosed(1)).toEqual(['WRITE_TIMEOUT'])
      const { bytesSent } = server.events.find((event) => event.type === 'closed') ?? { bytesSent: 0 }
      expect(accepted).toHaveLength(1)
      const taken = accepted[0]?.bytesRead ?? 0
      expect(taken).toBeGreaterThan(0)
      expect(taken).toBeLessThan((bytesSent / HEADER_ANSWER_BYTES) * COMMAND_BYTES + READ_AHEAD_BYTES)
    } finally {
      unsubscribe('net.server.socket', onSocket)
    }
  })
})

describe.skipIf(process.platform !== 'linux')('reads that keep the threads for the disk busy', () => {
  const CLIENTS = 20

  test('leave some of them to commits', async () => {
    using folder = tempDir()
    const pipe = join(folder.path, 'pipe')
    execFileSync('mkfifo', [pipe])
    // Whoever reads from it keeps a thread until somebody writes.
    await using gate = await open(pipe, 'r+')
    const { gate: file, disk } = gatedDisk()
    // Checks of the file read it too.
    const options = { tailPages: 1, fsync: 'commit', fileCheckMs: 0 } as const
    await using store = await openStore({ file: join(folder.path, 'stream.bin'), disk, ...options })
    const commit = async (bytes: number): Promise<void> => {
      store.startAtomicOp()
      store.addStreamEntry(1, new Uint8Array(bytes))
      await store.commitAtomicOp()
    }
    await commit(DATA_BYTES)
    for (let i = 0; i < 5; i++) await commit(1_000_000)
    await using server = await TestServer.start(store)
    let begun = 0
    file.beforeRead = async () => {
      begun++
      await gate.read(new Uint8Array(1), 0, 1)
    }
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => server.connect()))
    try {
      const answers = clients.map((client) => {
        client.send({ name: 'entry', entryNumber: 0n })
        return client.read(ENTRY_ANSWER_BYTES)
      })
      await until(() => begun > 0)
      for (let i = 0; i < 3; i++) await commit(DATA_BYTES)
      expect(begun).toBeLessThanOrEqual(2)
      file.beforeRead = async () => {}
      await gate.write(new Uint8Array(CLIENTS))
      await Promise.all(answers)
    } finally {
      file.beforeRead = async () => {}
      for (const client of clients) client[Symbol.dispose]()
      // What still reads would keep the store from closing.
      await gate.write(new Uint8Array(CLIENTS))
    }
  })
})

test('bookmarks that many clients ask for at once are looked up two at a time', async () => {
  const log = someLog()
  const { index } = log
  const key = Uint8Array.of(7)
  index.put([{ key, number: 3 }])
  const get = index.get.bind(index)
  const held: (() => void)[] = []
  let most = 0
  index.get = async (bookmark) => {
    await new Promise<void>((resolve) => {
      held.push(resolve)
      most = Math.max(most, held.length)
    })
    return get(bookmark)
  }
  await using server = await TestServer.start(log)
  using clients = new DisposableStack()
  const answers: Promise<Uint8Array>[] = []
  for (let i = 0; i < 20; i++) {
    const client = clients.use(await server.connect())
    client.send({ name: 'bookmark', bookmark: key })
    answers.push(client.read(RESULT_BYTES))
  }
  const all = Promise.all(answers)
  await until(() => held.length === 2)
  let isDone = false
  void all.then(() => {
    isDone = true
  })
  while (!isDone) {
    await turns()
    held.shift()?.()
  }
  expect(most).toBe(2)
})

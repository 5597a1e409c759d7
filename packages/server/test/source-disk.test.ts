import { statSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { encodeSourceRequest, SourceCode } from '@datastreamer/format/source'
import { ManualClock, turns, until } from '@datastreamer/runtime/testing'
import { openStore } from '@datastreamer/store'
import { gatedDisk, standstill } from '@datastreamer/store/testing'
import { expect, test, vi } from 'vitest'
import { ServerSockets } from './server-sockets.ts'
import { hello, operation, TestSources } from './source-client.ts'

/** For what takes no time, but on a busy machine. */
const WAIT = { timeout: 60_000, interval: 1 }

test('a source that takes over is notified of the commits that the one before had under way', async () => {
  const { gate, disk } = gatedDisk()
  await using sources = await TestSources.start({ storeOptions: { disk, fsync: 'commit' } })
  using first = await sources.connect()
  await first.hello()
  const { promise, resolve } = standstill()
  gate.beforeSync = () => promise
  first.send(...operation(0, 3))
  await until(() => sources.server.connections()[0]?.commitsInFlight === 1)
  first.raw.socket.destroy()
  using second = await sources.connect()
  second.send(hello())
  await until(() => sources.server.connections().every(({ state }) => state === 'waiting'))
  await turns()
  resolve()
  // It would say 0 if it had not been waited for.
  expect(await second.answers(1)).toEqual(['welcome 3'])
})

test('a large operation that the disk refuses before its commit fails by itself', async () => {
  const { gate, disk } = gatedDisk()
  await using sources = await TestSources.start({ storeOptions: { disk, spillBytes: 1 } })
  const { store } = sources
  gate.beforeWrite = async () => {
    throw new Error('no space left')
  }
  const data = new Uint8Array(600_000)
  const noSpace = { code: 'WRITE_FAILED', message: expect.stringContaining('no space left') }
  const failed = { code: 'ATOMIC_OP_FAILED', cause: expect.objectContaining(noSpace) }

  store.startAtomicOp()
  for (let i = 0; i < 3; i++) store.addStreamEntry(1, data)
  await vi.waitFor(() => expect(() => store.addStreamEntry(1, data)).toThrow(expect.objectContaining(noSpace)), WAIT)
  await expect(store.commitAtomicOp()).rejects.toMatchObject(noSpace)

  // Committed, and followed by another, while it is written ahead.
  const { promise, resolve } = standstill()
  const begun = standstill()
  gate.beforeWrite = async () => {
    begun.resolve()
    await promise
    throw new Error('no space left')
  }
  store.startAtomicOp()
  for (let i = 0; i < 3; i++) store.addStreamEntry(1, data)
  await begun.promise
  const commits = [store.commitAtomicOp()]
  store.startAtomicOp()
  store.addStreamEntry(1, data)
  commits.push(store.commitAtomicOp())
  resolve()
  const results = await Promise.allSettled(commits)
  expect(results.map((result) => result.status === 'rejected' && result.reason)).toMatchObject([noSpace, failed])

  gate.beforeWrite = async () => {}
  store.startAtomicOp()
  store.addStreamEntry(1, data)
  expect(await store.commitAtomicOp()).toEqual({ firstEntry: 0n, nextEntry: 1n })
})

test('an operation too large for the disk leaves it the room that a smaller one needs', async () => {
  using dir = tempDir()
  const file = dir.join('full-stream.bin')
  const { gate, disk } = gatedDisk()
  let written = 0
  gate.beforeWrite = async (position, bytes) => {
    if (position + bytes > 4 * 1_048_576) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
    written = Math.max(written, position + bytes)
  }
  await using store = await openStore({ file, disk, spillBytes: 1 })
  store.startAtomicOp()
  store.addStreamEntry(1, new Uint8Array(500_000))
  await store.commitAtomicOp()
  store.startAtomicOp()
  const fill = async (): Promise<void> => {
    for (let i = 0; i < 200; i++) {
      store.addStreamEntry(1, new Uint8Array(500_000))
      await store.writable()
    }
  }
  await expect(fill()).rejects.toMatchObject({ code: 'WRITE_FAILED' })
  store.rollbackAtomicOp()
  expect(written).toBeGreaterThan(3 * 1_048_576)
  expect(statSync(file).size).toBe(4096 + 1_048_576)
  store.startAtomicOp()
  store.addStreamEntry(1, new Uint8Array(500_000))
  expect(await store.commitAtomicOp()).toEqual({ firstEntry: 1n, nextEntry: 2n })
})

test('an operation that the disk refuses fails, with all that follow on it; later ones are written', async () => {
  const { gate, disk } = gatedDisk()
  await using sources = await TestSources.start({ storeOptions: { disk } })
  using source = await sources.connect()
  await source.hello()
  gate.beforeWrite = async () => {
    throw new Error('no space left')
  }
  source.send(...operation(0, 2), ...operation(2, 1))
  const refused = await source.answers(2)
  expect(refused[0]).toBe('refused WRITE_FAILED at 0')
  expect(refused[1]).toMatch(/^refused (WRITE_FAILED|ATOMIC_OP_FAILED|WRONG_FIRST_ENTRY) at 0$/)
  gate.beforeWrite = async () => {}
  source.send(...operation(0, 1, 5))
  expect(await source.answers(1)).toEqual(['committed 0-1'])
  expect(await sources.bytes()).toEqual([5])
})

test('a commit of which nobody knows whether it is in the file is not answered', async () => {
  const { gate, disk } = gatedDisk()
  await using sources = await TestSources.start({ storeOptions: { disk, fsync: 'commit' } })
  using source = await sources.connect()
  await source.hello()
  let headerFails = false
  gate.beforeWrite = async (position) => {
    if (position < 4096) headerFails = true
    if (headerFails) throw new Error('the disk failed')
  }
  source.send(...operation(0, 1), ...operation(1, 1))
  expect(await source.rest()).toEqual(['closing STORE_BROKEN at 0'])
  // How far the stream is is not known either: no source is welcomed.
  using second = await sources.connect()
  expect(await second.hello()).toMatchObject({ name: 'closing', code: SourceCode.STORE_BROKEN })
  await expect(sources.store.close()).rejects.toMatchObject({ code: 'STORE_BROKEN' })
})

test('time without traffic counts only while the server listens', async () => {
  const clock = new ManualClock()
  const { gate, disk } = gatedDisk()
  await using sources = await TestSources.start({ inactivityTimeoutMs: 200, clock, storeOptions: { disk } })
  using source = await sources.connect()
  await source.hello()
  for (const blockedMs of [190, 390, 590]) {
    const { promise, resolve } = standstill()
    const begun = standstill()
    gate.beforeWrite = () => {
      begun.resolve()
      return promise
    }
    const { totalEntries } = sources.store.getHeader()
    const { bytesReceived } = sources.server.counters
    const requests = [...operation(Number(totalEntries), 1), { name: 'getHeader' } as const]
    source.send(...requests)
    await begun.promise
    const sent = requests.reduce((sum, request) => sum + encodeSourceRequest(request).length, 0)
    await until(() => sources.server.counters.bytesReceived >= bytesReceived + sent)
    await turns()
    for (let ms = 0; ms < blockedMs; ms += 10) await clock.pass(10)
    resolve()
    expect(await source.answers(2)).toEqual([
      `committed ${totalEntries}-${totalEntries + 1n}`,
      `header ${totalEntries + 1n}`,
    ])
    await turns()
    for (let ms = 0; ms < 100; ms += 10) await clock.pass(10)
    expect(sources.closed).toEqual([])
  }
  await clock.pass(100)
  expect(await source.rest()).toEqual(['closing INACTIVE at 3'])
})

test('a source is not read while the disk cannot follow, and not given up for that', async () => {
  const clock = new ManualClock()
  using sockets = new ServerSockets()
  const { gate, disk } = gatedDisk()
  await using sources = await TestSources.start({
    inactivityTimeoutMs: 300,
    clock,
    storeOptions: { disk, spillBytes: 1_048_576 },
  })
  using source = await sources.connect()
  await source.hello()
  const { promise, resolve } = standstill()
  gate.beforeWrite = () => promise
  const data = new Uint8Array(100_000)
  const entry = { name: 'addStreamEntry', type: 1, data } as const
  for (let i = 0; i < 300; i++) {
    source.send({ name: 'startAtomicOp', firstEntry: BigInt(i) }, entry, { name: 'commitAtomicOp' })
  }
  // Until it has not been read for so many turns of the event loop.
  const socket = sockets.of(source.raw.socket)
  for (let quiet = 0, read = 0; quiet < 200; quiet++) {
    await turns(1)
    if (socket.bytesRead !== read || !socket.isPaused()) quiet = 0
    read = socket.bytesRead
  }
  for (let ms = 0; ms < 1000; ms += 100) await clock.pass(100)
  expect(sources.server.counters.bytesReceived).toBeLessThan(5_000_000)
  expect(sources.closed).toEqual([])
  resolve()
  expect((await source.answers(300)).at(-1)).toBe('committed 299-300')
})

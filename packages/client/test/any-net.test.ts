import { tempDir } from '@datastreamer/fixtures'
import { ManualClock } from '@datastreamer/runtime/testing'
import { SourceServer, StreamServer } from '@datastreamer/server'
import { openStore } from '@datastreamer/store'
import { MemoryIndex } from '@datastreamer/store/log'
import { expect, onTestFinished, test, vi } from 'vitest'
import { connect } from '../src/index.ts'
import { connectSource } from '../src/source.ts'
import { MemoryNet } from './support/memory-net.ts'
import { collect, failure } from './support/options.ts'

test('a source, a server and its clients need no socket and no time but those that they are given', async () => {
  using dir = tempDir()
  const [net, clock] = [new MemoryNet(), new ManualClock()]
  const timers = [vi.spyOn(globalThis, 'setTimeout'), vi.spyOn(globalThis, 'setInterval')]
  onTestFinished(() => void vi.restoreAllMocks())
  await using store = await openStore({ file: dir.join('stream.bin'), index: new MemoryIndex(), clock })
  await using server = new StreamServer({ store, net, clock })
  await server.listen(7)
  await using sources = new SourceServer({ store, net, clock })
  await sources.listen(8)
  {
    await using source = await connectSource({ host: 'memory', port: 8, net, clock })
    await using client = await connect({ host: 'memory', port: 7, net, clock })
    for (let i = 0; i < 20; i++) {
      source.startAtomicOp()
      source.addStreamBookmark(Uint8Array.of(i))
      // More than what is read ahead, so that somebody has to wait for somebody.
      source.addStreamEntry(1, new Uint8Array(200_000).fill(i))
      await source.commitAtomicOp()
    }
    const entries = await collect(client.entries({ from: 0n, follow: false }))
    expect(entries.map(({ data }) => data.at(-1))).toEqual(Array.from({ length: 40 }, (_, i) => i >> 1))
    expect((await client.getHeader()).totalEntries).toBe(40n)
    for (const timer of timers) expect(timer).not.toHaveBeenCalled()
    expect(process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCP'))).toEqual([])
  }
  const nobody = failure(connect({ host: 'memory', port: 9, net, clock }))
  expect(await nobody).toMatchObject({ code: 'REFUSED' })
})

test('what nobody answers is given up when its time has passed, and not before', async () => {
  const [net, clock] = [new MemoryNet(), new ManualClock()]
  const { address } = await net.listen({
    host: 'memory',
    port: 0,
    backlog: 1,
    keepAliveMs: 0,
    onConnection: () => {},
  })
  let error: unknown
  const asked = failure(connect({ ...address, net, clock, responseTimeoutMs: 60_000 })).then((thrown) => {
    error = thrown
  })
  await clock.waitingFor(60_000)
  await clock.pass(59_999)
  expect(error).toBeUndefined()
  clock.advance(1)
  await asked
  expect(error).toMatchObject({ code: 'TIMEOUT' })
})

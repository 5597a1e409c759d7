import { FailingDisk } from '@datastreamer/fixtures'
import { encodeSourceAnswer, SOURCE_DIGEST_BYTES } from '@datastreamer/format/source'
import { ManualClock } from '@datastreamer/runtime/testing'
import { type Disk, nodeDisk } from '@datastreamer/store'
import { describe, expect, test } from 'vitest'
import { connectSource, type Header, type StreamWriter } from '../src/source.ts'
import { failure, near } from './support/options.ts'
import { Peer } from './support/peer.ts'
import { SourceWorld } from './support/source-world.ts'

const BROKEN = { name: 'SourceRejectedError', code: 'STORE_BROKEN', retryable: true }

/** Write one operation of entries of one byte. */
async function write(writer: StreamWriter, ...bytes: readonly number[]): Promise<unknown> {
  writer.startAtomicOp()
  for (const byte of bytes) writer.addStreamEntry(2, Uint8Array.of(byte))
  return writer.commitAtomicOp()
}

/** Start the server again on a disk that is well. */
async function heal(
  world: SourceWorld,
  failing: FailingDisk<Disk>,
  meddle?: (writer: StreamWriter) => Promise<unknown>,
) {
  await world.down()
  failing.heal()
  await world.up(meddle)
}

const start = (failing: FailingDisk<Disk>): Promise<SourceWorld> =>
  SourceWorld.start({ store: { disk: failing.disk, fsync: 'commit' } })

describe("a server's store that can write no more", () => {
  test('every commit that waits is rejected, what is open too, and nothing else is begun', async () => {
    const failing = new FailingDisk(nodeDisk)
    await using world = await start(failing)
    await using source = await world.source({ backoff: { minMs: 60_000, maxMs: 60_000 } })
    await write(source, 1)
    failing.failAt = 'before header'
    const first = failure(write(source, 2))
    const others = [failure(write(source, 3)), failure(source.updateEntryData(0n, 2, Uint8Array.of(9)))]
    source.startAtomicOp()
    source.addStreamEntry(2, Uint8Array.of(4))
    expect(await first).toMatchObject(BROKEN)
    for (const other of others) expect(await other).toMatchObject(BROKEN)
    expect(source.status).toMatchObject({ connected: false, unacknowledged: 0, lastError: BROKEN })
    expect(() => source.addStreamEntry(2, Uint8Array.of(5))).toThrow(expect.objectContaining(BROKEN))
    expect(await failure(source.commitAtomicOp())).toMatchObject(BROKEN)
    expect(() => source.startAtomicOp()).toThrow(expect.objectContaining(BROKEN))
    expect(await failure(source.truncateFile(0n))).toMatchObject(BROKEN)
  })

  test('it is asked again less and less often; questions meanwhile are answered with what is wrong', async () => {
    const failing = new FailingDisk(nodeDisk)
    const clock = new ManualClock()
    await using world = await start(failing)
    await using source = await world.source({ clock, backoff: { minMs: 100, maxMs: 1000, jitter: 0 } })
    failing.failAt = 'before header'
    expect(await failure(write(source, 1))).toMatchObject(BROKEN)
    for (const [tries, wait] of [100, 200, 400, 800, 1000, 1000].entries()) {
      await clock.waitingFor(wait)
      expect(world.proxy.connections).toBe(1 + tries)
      const question = failure(source.getHeader())
      clock.advance(wait)
      expect(await question).toMatchObject(BROKEN)
    }
    failing.heal()
  })

  const outcomes: [name: string, failAt: 'before header' | 'after header', total: bigint][] = [
    ['was not written', 'before header', 1n],
    ['was written all the same', 'after header', 3n],
  ]
  test.each(outcomes)('an operation that %s: the next begins after what is there', async (_, failAt, total) => {
    const failing = new FailingDisk(nodeDisk)
    await using world = await start(failing)
    await using source = await world.source()
    await write(source, 1)
    failing.failAt = failAt
    expect(await failure(write(source, 2, 3))).toMatchObject(BROKEN)
    await heal(world, failing)
    await source.writable()
    expect((await source.getHeader()).totalEntries).toBe(total)
    const written = total === 3n ? [1, 2, 3] : [1]
    expect(await world.bytes()).toEqual(written)
    expect(await write(source, 4)).toEqual({ firstEntry: total, nextEntry: total + 1n })
    // What was learnt of the stream holds on the next connection too.
    world.proxy.drop()
    expect(await write(source, 5)).toEqual({ firstEntry: total + 1n, nextEntry: total + 2n })
    expect(await world.bytes()).toEqual([...written, 4, 5])
  })

  test('an operation that was open has to be rolled back, as after any failure', async () => {
    const failing = new FailingDisk(nodeDisk)
    await using world = await start(failing)
    await using source = await world.source()
    failing.failAt = 'before header'
    const commit = failure(write(source, 1))
    source.startAtomicOp()
    source.addStreamEntry(2, Uint8Array.of(2))
    expect(await commit).toMatchObject(BROKEN)
    await heal(world, failing)
    await source.writable()
    expect(() => source.addStreamEntry(2, Uint8Array.of(3))).toThrow(expect.objectContaining(BROKEN))
    source.rollbackAtomicOp()
    expect(await write(source, 4)).toEqual({ firstEntry: 0n, nextEntry: 1n })
    expect(await world.bytes()).toEqual([4])
  })

  test('someone else wrote what the lost operation should have been: nothing is written after it', async () => {
    const failing = new FailingDisk(nodeDisk)
    await using world = await start(failing)
    await using source = await world.source()
    failing.failAt = 'before header'
    expect(await failure(write(source, 1))).toMatchObject(BROKEN)
    await heal(world, failing, (store) => write(store, 9))
    expect(await failure(source.writable().then(() => write(source, 2)))).toMatchObject({ code: 'LAST_ENTRY_DIFFERS' })
    expect(await world.bytes()).toEqual([9])
  })

  test('a truncation that was not answered is made, or not', async () => {
    const failing = new FailingDisk(nodeDisk)
    await using world = await start(failing)
    await using source = await world.source()
    await write(source, 1, 2, 3)
    failing.failAt = 'before header'
    expect(await failure(source.truncateFile(1n))).toMatchObject(BROKEN)
    await heal(world, failing, (store) => store.truncateFile(1n))
    await source.getHeader()
    expect(await write(source, 4)).toEqual({ firstEntry: 1n, nextEntry: 2n })
    expect(await world.bytes()).toEqual([1, 4])
  })
})

test('a server that trickles its welcome is given up in time', async () => {
  const clock = new ManualClock()
  const digest = new Uint8Array(SOURCE_DIGEST_BYTES)
  const header: Header = {
    generation: 3,
    version: 1,
    systemId: 1n,
    streamType: 1n,
    totalLength: 4096,
    totalEntries: 0n,
  }
  await using peer = await Peer.listen(async (connection) => {
    for (const byte of encodeSourceAnswer({ name: 'welcome', idleTimeoutMs: 1000, digest, header })) {
      const arrived = clock.armedBeyond(clock.armed)
      connection.send(Uint8Array.of(byte))
      await Promise.race([arrived, connection.closed])
      clock.advance(1000)
    }
  })
  expect(await failure(connectSource(near(peer, { clock, responseTimeoutMs: 10_000 })))).toMatchObject({
    code: 'TIMEOUT',
    message: expect.stringMatching(/no welcome within 10000 ms$/),
  })
})

import { setTimeout as sleep } from 'node:timers/promises'
import { StreamClient } from '@datastreamer/client'
import { connectSource, type SourceClient } from '@datastreamer/client/source'
import { canWatchSyncs, tempDir, WatchedSyncs } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { TestServer } from './server.ts'

const SOON_MS = 50_000
/** More than a disk that answers at once takes for many writes. */
const LONG_MS = 200

async function commit(source: SourceClient): Promise<unknown> {
  source.startAtomicOp()
  source.addStreamEntry(1, Uint8Array.of(1))
  return source.commitAtomicOp()
}

/** A server with a disk that can be stopped in the middle of a write. */
class World implements AsyncDisposable {
  readonly dir = tempDir()
  readonly disk = new WatchedSyncs('stream.')
  readonly server: TestServer

  constructor(...flags: readonly string[]) {
    const own = ['--file', this.dir.join('stream.bin'), '--fsync', 'never', '--source-port', '0', '--admin-port', '0']
    this.server = TestServer.start([...own, ...flags], { env: this.disk.env })
  }

  async source(): Promise<SourceClient> {
    return connectSource({ host: '127.0.0.1', port: await this.server.port('source') })
  }

  async client(): Promise<StreamClient> {
    return new StreamClient({ host: '127.0.0.1', port: await this.server.port() })
  }

  /** Stop the disk, and wait until a commit waits for it; resolves to the promise of that. */
  async stopDisk(source: SourceClient): Promise<{ readonly committed: Promise<unknown> }> {
    const before = this.disk.calls.length
    this.disk.let('hold')
    const committed = commit(source)
    await expect.poll(() => this.disk.calls.length, { timeout: SOON_MS }).toBeGreaterThan(before)
    return { committed }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disk[Symbol.dispose]()
    await this.server[Symbol.asyncDispose]()
    this.dir[Symbol.dispose]()
  }
}

/** Numbers of all entries that a client is sent. */
async function numbersOf(client: StreamClient): Promise<bigint[]> {
  const numbers: bigint[] = []
  for await (const { number } of client.entries({ follow: false })) numbers.push(number)
  return numbers
}

describe.runIf(canWatchSyncs())('a disk that stops in the middle of a write', () => {
  test('stops no reader that has a thread of its own', async () => {
    await using world = new World('--reader-threads', '1')
    await using source = await world.source()
    for (let i = 0; i < 3; i++) await commit(source)
    await using live = await world.client()
    const following = live.entries()
    for (let i = 0; i < 3; i++) await following.next()
    const { committed } = await world.stopDisk(source)
    await using client = await world.client()
    expect((await client.getHeader()).totalEntries).toBe(3n)
    expect(await numbersOf(client)).toEqual([0n, 1n, 2n])
    world.disk.let('work')
    await committed
    expect((await following.next()).value?.number).toBe(3n)
  })

  test('stops those who share the thread of the writer once, not again and again', async () => {
    await using world = new World('--reader-threads', '0')
    await using source = await world.source()
    await commit(source)
    const first = await world.stopDisk(source)
    await sleep(LONG_MS)
    world.disk.let('work')
    await first.committed
    await using client = await world.client()
    for (let entries = 2n; entries < 5n; entries++) {
      const { committed } = await world.stopDisk(source)
      expect((await client.getHeader()).totalEntries).toBe(entries)
      expect(await numbersOf(client)).toHaveLength(Number(entries))
      expect(await (await world.server.admin('/healthz')).text()).toBe('ok\n')
      world.disk.let('work')
      await committed
    }
  })
})

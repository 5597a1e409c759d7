import { HEADER_PAGE_BYTES } from '@datastreamer/format'
import { describe, expect, test } from 'vitest'
import { openStore, type StoreEvent, type StreamStore } from '../src/index.ts'
import { randomFrom } from './sim/random.ts'
import { readAll } from './sim/read-all.ts'
import { SimDisk } from './sim/sim-disk.ts'
import { SimIndex } from './sim/sim-index.ts'
import { type DiskCall, watchedDisk } from './sim/watched-disk.ts'

const FILE = '/stream.bin'

/** A store of 3 entries in each page, on a disk of which a test makes calls fail. */
class Dropping {
  readonly sim = new SimDisk(randomFrom(1))
  readonly index = new SimIndex()
  readonly events: StoreEvent['event'][] = []
  before: (call: DiskCall) => void = () => {}

  async open(): Promise<StreamStore> {
    const disk = watchedDisk(this.sim, (call) => this.before(call))
    const onEvent = ({ event }: StoreEvent): number => this.events.push(event)
    return openStore({ file: FILE, disk, index: this.index, fileCheckMs: 0, reopenDelayMs: () => 1, onEvent })
  }

  static async filled(pages: number): Promise<{ readonly stream: Dropping; readonly store: StreamStore }> {
    const stream = new Dropping()
    const store = await stream.open()
    for (let i = 0; i < 3 * pages; i++) {
      await store.atomic((operation) => void operation.addEntry(1, new Uint8Array(340_000).fill(i)))
    }
    // A file that was made has its first name for the disk.
    await store.close()
    return { stream, store: await stream.open() }
  }

  /** Bytes of the file that are not zero. */
  get firstByteInUse(): number {
    const content = this.sim.contentOf(FILE)
    for (let at = HEADER_PAGE_BYTES; at < (content?.size ?? 0); at += HEADER_PAGE_BYTES) {
      const page = new Uint8Array(HEADER_PAGE_BYTES)
      content?.read(page, at)
      if (page.some((byte) => byte !== 0)) return at
    }
    return Number.POSITIVE_INFINITY
  }
}

const fail = (code: string): never => {
  throw Object.assign(new Error(`${code}: simulated`), { code })
}

test('where the file begins is durable before anything is freed, and a checkpoint before that', async () => {
  const { stream, store } = await Dropping.filled(3)
  const calls: string[] = []
  stream.before = ({ call, path, position }) =>
    calls.push(`${call} ${path}${position === undefined ? '' : ` ${position}`}`)
  const base = await store.dropBefore(4n)
  expect(base).toEqual({ totalLength: 4096 + 1_048_576, totalEntries: 3n })
  const written = calls.filter((call) => call.includes(FILE))
  expect(written).toEqual([
    `sync ${FILE}`,
    `write ${FILE} 1024`,
    `sync ${FILE}`,
    `write ${FILE} 2048`,
    `sync ${FILE}`,
    `free ${FILE} 4096`,
  ])
  expect(calls.findIndex((call) => call.startsWith('write /stream.commits'))).toBeLessThan(
    calls.indexOf(written[1] ?? ''),
  )
  expect(stream.firstByteInUse).toBe(base.totalLength)
  await store.close()
})

describe('if the disk fails', () => {
  test('before it is known where the file begins, nothing has changed', async () => {
    for (const position of [1024, 2048]) {
      const { stream, store } = await Dropping.filled(3)
      let failures = 1
      stream.before = (call) => {
        if (call.position === position && failures-- > 0) fail('EIO')
      }
      await expect(store.dropBefore(4n)).rejects.toMatchObject({ code: 'WRITE_FAILED' })
      expect([store.firstEntry, store.state.t]).toEqual([0n, 'open'])
      expect(await readAll(store.log)).toHaveLength(9)
      // What the disk may have of the new beginning must not be in the way.
      await store.truncateFile(2n)
      await store.close()
      const again = await stream.open()
      expect(again.firstEntry).toBe(0n)
      expect(await readAll(again.log)).toHaveLength(2)
      await again.close()
    }
  })

  test('and cannot say that it begins where it began, the store reopens its files, and then it does', async () => {
    const { stream, store } = await Dropping.filled(3)
    let failures = 2
    stream.before = (call) => {
      if (call.position === 2048 && failures-- > 0) fail('EIO')
    }
    await expect(store.dropBefore(4n)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
    while (store.state.t !== 'open') await new Promise((resolve) => setTimeout(resolve, 1))
    expect(store.firstEntry).toBe(0n)
    expect(await readAll(store.log)).toHaveLength(9)
    await store.truncateFile(1n)
    await store.close()
    const again = await stream.open()
    expect(again.firstEntry).toBe(0n)
    await again.close()
  })

  test('while space is freed, the file begins later all the same, and it can be tried again', async () => {
    const { stream, store } = await Dropping.filled(3)
    stream.before = ({ call }) => {
      if (call === 'free') fail('EOPNOTSUPP')
    }
    await expect(store.dropBefore(4n)).rejects.toMatchObject({ name: 'DiskError', code: 'CANNOT_FREE' })
    expect([store.firstEntry, stream.firstByteInUse]).toEqual([3n, 4096])
    expect(stream.events).toContain('dropped')
    stream.before = () => {}
    await store.dropBefore(0n)
    expect([store.firstEntry, stream.firstByteInUse]).toEqual([3n, 4096 + 1_048_576])
    await store.close()
  })
})

test('a file without entries after its beginning gives nothing up', async () => {
  const stream = new Dropping()
  const store = await stream.open()
  expect(await store.dropBefore(10n)).toEqual({ totalLength: 4096, totalEntries: 0n })
  await store.close()
})

test('records of what was given up are freed, but for the last', async () => {
  const { stream, store } = await Dropping.filled(4)
  await store.dropBefore(9n)
  const commits = stream.sim.contentOf('/stream.commits')
  const records = new Uint8Array((commits?.size ?? 0) - 4096)
  commits?.read(records, 4096)
  const first = records.findIndex((byte) => byte !== 0)
  expect(first).toBeGreaterThan(5 * 24)
  await store.close()
  const again = await stream.open()
  expect(await again.operationBoundaries.lastUpTo(10)).toBe(10)
  expect(await readAll(again.log)).toHaveLength(3)
  await again.close()
})

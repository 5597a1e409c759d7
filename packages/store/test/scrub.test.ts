import { setImmediate as turn } from 'node:timers/promises'
import { encodeHeaderPage, HEADER_PAGE_BYTES } from '@datastreamer/format'
import { expect, test } from 'vitest'
import { indexLog } from '../src/bookmarks/scan.ts'
import { verifyStream } from '../src/check.ts'
import { CommitLog } from '../src/commit-log/commit-log.ts'
import { type Disk, type DiskFile, writeAll } from '../src/disk/disk.ts'
import { commitLogPath, openStore, type StoreEvent, type StoreOptions, type StreamStore } from '../src/index.ts'
import { MemoryIndex } from '../src/log.ts'
import { Scrubber } from '../src/scrub/scrubber.ts'
import { drain } from './damaged-files.ts'
import { PassClock } from './pass-clock.ts'
import { randomFrom } from './sim/random.ts'
import { SimDisk } from './sim/sim-disk.ts'
import { SimIndex } from './sim/sim-index.ts'
import { watchedDisk } from './sim/watched-disk.ts'

const FILE = '/stream.bin'
/** Two entries fill a page. */
const HALF = 2 ** 19 - 17
const PAGE = 2 ** 20
const EMPTY = { generation: 3, version: 2, systemId: 0n, streamType: 1n, totalEntries: 0n } as const

/** A machine with a stream whose bytes can rot. */
class Machine {
  readonly disk = new SimDisk(randomFrom(1))
  readonly clock = new PassClock()
  readonly #index = new SimIndex()
  events: StoreEvent[] = []

  constructor() {
    this.disk.put(FILE, encodeHeaderPage({ ...EMPTY, totalLength: HEADER_PAGE_BYTES }))
  }

  open(options: Partial<StoreOptions> = {}): Promise<StreamStore> {
    this.events = []
    const scrub = { bytesPerSecond: 4 * PAGE, passEveryMs: 10_000_000 }
    const onEvent = (event: StoreEvent): void => {
      if (event.event.startsWith('damage')) this.events.push(event)
    }
    const parts = { file: FILE, disk: this.disk, index: this.#index, clock: this.clock }
    return openStore({ ...parts, scrub, onEvent, ...options })
  }

  /** A store with some whole pages of entries, after the first pass over them. */
  async pages(pages: number): Promise<StreamStore> {
    const store = await this.open()
    await commitHalves(store, 2 * pages)
    await this.clock.nextPass()
    return store
  }

  /** Flip all bits of a byte, on the platter. */
  async rot(position: number): Promise<void> {
    const file = await this.disk.open(FILE, 'write')
    const byte = new Uint8Array(1)
    await file.read(byte, position)
    await writeAll(file, [Uint8Array.of(~(byte[0] ?? 0))], position)
  }

  async damages(): Promise<string[]> {
    return (await drain(verifyStream({ file: FILE, disk: this.disk }))).damages.map(({ message }) => message)
  }
}

async function commitHalves(store: StreamStore, entries: number): Promise<void> {
  store.startAtomicOp()
  for (let i = 0; i < entries; i++) store.addStreamEntry(1, new Uint8Array(HALF).fill(i + 1))
  await store.commitAtomicOp()
}

test('rotten bytes are found, reported, marked and not read; the rest is; and they can be restored', async () => {
  const machine = new Machine()
  {
    await using store = await machine.pages(20)
    expect(machine.events).toEqual([])
    expect(store.scrubbing).toEqual({ passes: 2, position: 4096 + 20 * PAGE, uncovered: [] })
    await machine.rot(4096 + 2 * PAGE + 1000)
    await machine.clock.nextPass()
    const range = {
      from: { totalLength: 4096 + 2 * PAGE, totalEntries: 4n },
      to: { totalLength: 4096 + 3 * PAGE, totalEntries: 6n },
    }
    expect(machine.events).toEqual([{ event: 'damage-found', file: FILE, range }])
    expect(store.log.damages.bytes).toBe(PAGE)
    for (const number of [4n, 5n])
      await expect(store.getEntry(number)).rejects.toMatchObject({ code: 'BAD_CHECKSUM', range })
    for (const number of [3n, 6n]) expect((await store.getEntry(number))?.number).toBe(number)
    const run = await store.log.runOnDisk({ position: 4096 + PAGE, number: 2 })
    expect(run?.next).toEqual({ position: 4096 + 2 * PAGE, number: 4 })
    // Reported once.
    await machine.clock.nextPass()
    expect(machine.events).toHaveLength(1)
  }
  {
    // It is known from the start when the file is reopened, without scrubbing.
    await using store = await machine.open({ scrub: undefined })
    expect(machine.events).toMatchObject([{ event: 'damage-found', range: { from: { totalEntries: 4n } } }])
    await expect(store.getEntry(5n)).rejects.toMatchObject({ code: 'BAD_CHECKSUM' })
  }
  await machine.rot(4096 + 2 * PAGE + 1000)
  await using store = await machine.open()
  await machine.clock.passDone()
  await machine.clock.nextPass()
  expect(machine.events.map(({ event }) => event)).toEqual(['damage-found', 'damage-gone'])
  expect((await store.getEntry(5n))?.number).toBe(5n)
})

test('an update in place is refused if the bytes around it have rotted, known or not', async () => {
  const machine = new Machine()
  await using store = await machine.pages(20)
  await machine.rot(4096 + 1000)
  const change = store.updateEntryData(1n, 1, new Uint8Array(HALF))
  await expect(change).rejects.toMatchObject({ code: 'BAD_CHECKSUM' })
  await store.updateEntryData(3n, 1, new Uint8Array(HALF))
  await machine.clock.nextPass()
  expect(machine.events).toMatchObject([{ event: 'damage-found', range: { from: { totalEntries: 0n } } }])
})

test('a truncation makes no matching checksum of rotten bytes', async () => {
  const machine = new Machine()
  await using store = await machine.pages(20)
  await machine.rot(4096 + 2 * PAGE + 1000)
  await store.truncateFile(5n)
  await machine.clock.nextPass()
  expect(machine.events).toMatchObject([{ event: 'damage-found', range: { from: { totalEntries: 4n } } }])
  await expect(store.getEntry(4n)).rejects.toMatchObject({ code: 'BAD_CHECKSUM' })
  await store.truncateFile(4n)
  expect(store.log.damages.all).toEqual([])
})

test('concurrent updates, truncations and commits never count as damage', async () => {
  const machine = new Machine()
  // Passes without a pause.
  await using store = await machine.open({ scrub: { bytesPerSecond: 1e15, passEveryMs: 0 } })
  const random = randomFrom(7)
  const passes = (): number => store.scrubbing?.passes ?? 0
  for (let step = 0; step < 5000 && (step < 200 || passes() < 20); step++) {
    await turn()
    const entries = Number(store.getHeader().totalEntries)
    if (entries < 8 || (entries < 60 && random.chance(0.4))) {
      store.startAtomicOp()
      for (let i = random.int(1, 3); i > 0; i--)
        store.addStreamEntry(1, new Uint8Array(40_000).fill(random.int(0, 255)))
      await store.commitAtomicOp()
    } else if (random.chance(0.7)) {
      const number = BigInt(random.int(0, entries - 1))
      await store.updateEntryData(number, 1, new Uint8Array(40_000).fill(random.int(0, 255)))
    } else await store.truncateFile(BigInt(random.int(entries - 5, entries - 1)))
  }
  expect(passes()).toBeGreaterThanOrEqual(20)
  expect(machine.events).toEqual([])
  expect(await machine.damages()).toEqual([])
})

test('bytes of another program get checksums as they are found, which are checked from then on', async () => {
  const machine = new Machine()
  await (await machine.pages(4)).close()
  await machine.disk.remove(commitLogPath(FILE))
  {
    await using _store = await machine.open()
    await machine.clock.passDone()
    await machine.clock.nextPass()
  }
  const { result } = await drain(verifyStream({ file: FILE, disk: machine.disk }))
  expect(result).toMatchObject({ damages: 0, checksums: 4 })
  await machine.rot(4096 + PAGE + 1000)
  await using store = await machine.open()
  await machine.clock.nextPass()
  expect(machine.events).toMatchObject([{ event: 'damage-found', range: { from: { totalEntries: 2n } } }])
  expect(await store.operationBoundaries.isKnownAt(5)).toBe(false)
})

test('a damaged range does not prevent building an index', async () => {
  const machine = new Machine()
  await using store = await machine.open()
  store.startAtomicOp()
  store.addStreamBookmark(Uint8Array.of(1))
  for (let i = 0; i < 6; i++) store.addStreamEntry(1, new Uint8Array(HALF))
  store.addStreamBookmark(Uint8Array.of(2))
  await store.commitAtomicOp()
  await machine.rot(4096 + 100_000)
  await machine.clock.nextPass()
  expect(machine.events).toMatchObject([{ event: 'damage-found' }])
  expect(await indexLog(store.log, new MemoryIndex())).toEqual({ bookmarks: 2, end: 8 })
})

test('reads no faster than configured', async () => {
  const machine = new Machine()
  await using _store = await machine.pages(8)
  const before = machine.clock.throttledMs
  await machine.clock.nextPass()
  expect(machine.clock.throttledMs - before).toBe(2000)
})

test('a pass that cannot read the commit log goes on where it was once it can; both are reported once', async () => {
  const machine = new Machine()
  let failures = 0
  const events: string[] = []
  const disk: Disk = {
    ...watchedDisk(machine.disk, () => undefined),
    open: async (path, mode) => {
      const file = await machine.disk.open(path, mode)
      const read: DiskFile['read'] = async (into, position) => {
        if (path === commitLogPath(FILE) && failures > 0) {
          failures--
          throw Object.assign(new Error('cannot be read'), { code: 'EIO' })
        }
        return file.read(into, position)
      }
      return new Proxy(file, {
        get(target, key) {
          if (key === 'read') return read
          const value: unknown = Reflect.get(target, key, target)
          return typeof value === 'function' ? value.bind(target) : value
        },
      })
    },
  }
  await (await machine.pages(4)).close()
  await using store = await machine.open({ disk, onEvent: ({ event }) => events.push(event) })
  await machine.clock.passDone()
  failures = 5
  await machine.rot(4096 + PAGE + 1000)
  await machine.clock.nextPass()
  expect(events).toEqual(['scrub-failed', 'scrub-resumed', 'damage-found'])
  expect(store.scrubbing?.passes).toBe(2)
})

test('a record that was replaced meanwhile is left as it is', async () => {
  const machine = new Machine()
  await using store = await machine.open({ scrub: undefined })
  await commitHalves(store, 4)
  const commitLog = await CommitLog.open(machine.disk, '/other.commits', 'create', 1)
  const unknown = { checksum: 0, endsOperation: true, isForeign: true, isDamaged: false }
  const { totalLength, totalEntries } = store.log.header
  await commitLog.append([{ ...unknown, totalLength, totalEntries }])
  const other = { ...unknown, totalLength: totalLength - HALF - 17, totalEntries: totalEntries - 1n }
  const errors: Error[] = []
  let turns = 0
  const scrubber = new Scrubber(
    {
      log: store.log,
      commitLog,
      file: await machine.disk.open(FILE, 'read'),
      clock: machine.clock,
      // Like a truncation between the scrubber's read and its change of the record.
      alone: async (work) => {
        await commitLog.overwrite(0, [other])
        await work()
        turns++
      },
      onFound: () => {},
      onUncovered: () => {},
      onError: (error) => errors.push(error),
      onResumed: () => {},
    },
    { bytesPerSecond: 4 * PAGE, passEveryMs: 10_000_000 },
  )
  await machine.clock.passDone()
  await scrubber.close()
  expect({ turns, errors }).toEqual({ turns: 1, errors: [] })
  expect(await commitLog.record(0)).toEqual(other)
  await commitLog.close()
})

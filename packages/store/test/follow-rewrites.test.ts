import { closeSync, openSync, writeSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { BOOKMARK_TYPE, type Entry, HEADER_PAGE_BYTES, sameEntry } from '@datastreamer/format'
import { describe, expect, test, vi } from 'vitest'
import { MemoryIndex } from '../src/bookmarks/memory-index.ts'
import type { DiskFile } from '../src/disk/disk.ts'
import { type Disk, nodeDisk } from '../src/index.ts'
import type { StreamReader } from '../src/lookup/stream-reader.ts'
import { openReader } from '../src/reader/open-reader.ts'
import { openStore } from '../src/store/open-store.ts'
import type { StreamStore } from '../src/store/stream-store.ts'
import { HastyClock } from './hasty-clock.ts'
import { HeldReads } from './held-reads.ts'
import { type Random, randomFrom } from './sim/random.ts'
import { readAll } from './sim/read-all.ts'

const WAIT = { timeout: 60_000, interval: 2 }

/** An entry to commit: the bytes of a bookmark, or the length of other data and the byte that fills it. */
type Wanted = readonly [key: number] | readonly [length: number, byte: number]

async function commit(store: StreamStore, ...entries: readonly Wanted[]): Promise<void> {
  store.startAtomicOp()
  for (const [first, byte] of entries) {
    if (byte === undefined) store.addStreamBookmark(keyOf(first))
    else store.addStreamEntry(1, new Uint8Array(first).fill(byte))
  }
  await store.commitAtomicOp()
}

function keyOf(key: number): Uint8Array {
  return Uint8Array.of(key >> 8, key & 255)
}

class Followed implements AsyncDisposable {
  readonly #dir: ReturnType<typeof tempDir>
  readonly file: string
  readonly reads: HeldReads
  readonly store: StreamStore
  readonly reader: StreamReader
  /** Where the log of the reader was truncated. */
  readonly truncations: number[] = []

  private constructor(dir: ReturnType<typeof tempDir>, store: StreamStore, reader: StreamReader, reads: HeldReads) {
    this.#dir = dir
    this.file = dir.join('data-stream.bin')
    this.store = store
    this.reader = reader
    this.reads = reads
    reader.log.listen({
      onCommit: () => undefined,
      onTruncate: ({ totalEntries }) => this.truncations.push(Number(totalEntries)),
    })
  }

  /** A file with some operations, open for writing, and followed. */
  static async open(...operations: readonly (readonly Wanted[])[]): Promise<Followed> {
    const dir = tempDir()
    const file = dir.join('data-stream.bin')
    const store = await openStore({ file, fsync: 'never', fileCheckMs: 0, index: new MemoryIndex() })
    for (const entries of operations) await commit(store, ...entries)
    const reads = new HeldReads()
    const reader = await openReader({ file, follow: true, clock: new HastyClock(), disk: reads.disk })
    return new Followed(dir, store, reader, reads)
  }

  /** Write without a poll of the reader in between. */
  async unseen(work: () => Promise<void>): Promise<void> {
    this.reads.hold()
    await vi.waitFor(() => expect(this.reads.waiting).toBeGreaterThan(0), WAIT)
    await work()
    this.reads.release()
  }

  async caughtUp(): Promise<void> {
    await vi.waitFor(() => expect(this.reader.getHeader()).toEqual(this.store.getHeader()), WAIT)
  }

  /** The reader must have exactly what the file has. */
  async mustBeSame(): Promise<void> {
    await vi.waitFor(
      async () => expect(same(await readAll(this.reader.log), await readAll(this.store.log))).toBe(true),
      WAIT,
    )
  }

  async bookmark(key: number): Promise<bigint | undefined> {
    return this.reader.getBookmark(keyOf(key))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.reads.release()
    await this.reader.close()
    await this.store.close()
    this.#dir[Symbol.dispose]()
  }
}

function same(a: readonly Entry[], b: readonly Entry[]): boolean {
  return a.length === b.length && a.every((entry, i) => sameEntry(entry, b[i] as Entry))
}

test('a header that went back, beyond the place where the file was truncated: the new entries below count', async () => {
  await using followed = await Followed.open([[1], [10, 1], [2], [20, 1], [3], [30, 1]], [[4], [40, 1], [5], [50, 1]])
  const { store, truncations } = followed
  expect(await followed.bookmark(5)).toBe(8n)
  await followed.unseen(async () => {
    await store.truncateFile(2n)
    await commit(store, [7], [70, 7], [1], [71, 7])
  })
  await followed.caughtUp()
  await followed.mustBeSame()
  expect(truncations).toEqual([2])
  for (const [key, number] of [
    [1, 4n],
    [7, 2n],
    [2, undefined],
    [3, undefined],
    [4, undefined],
    [5, undefined],
  ] as const) {
    expect(await followed.bookmark(key), `bookmark ${key}`).toBe(number)
  }
})

test('fewer entries than before, but more bytes; and more entries, but fewer bytes', async () => {
  await using followed = await Followed.open([[1], [1000, 1], [2], [1000, 1], [3], [1000, 1]])
  const { store, truncations } = followed
  await followed.unseen(async () => {
    await store.truncateFile(2n)
    await commit(store, [4], [9000, 4])
  })
  await followed.caughtUp()
  await followed.mustBeSame()
  await followed.unseen(async () => {
    await store.truncateFile(3n)
    await commit(store, [1, 5], [2, 5], [3, 5], [5])
  })
  await followed.caughtUp()
  await followed.mustBeSame()
  expect(truncations).toEqual([2, 3])
  expect(await followed.bookmark(3)).toBeUndefined()
  expect(await followed.bookmark(4)).toBe(2n)
  expect(await followed.bookmark(5)).toBe(6n)
})

test('a file is compared even if no page of it is in memory, because the last one is exactly full', async () => {
  await using followed = await Followed.open([[1], [1_048_576 - 17 - 19, 1]])
  const { store, truncations } = followed
  expect(store.getHeader().totalLength).toBe(HEADER_PAGE_BYTES + 1_048_576)
  expect(await followed.bookmark(1)).toBe(0n)
  await followed.unseen(async () => {
    await store.truncateFile(0n)
    await commit(store, [2], [1_048_576 - 17 - 19, 2], [3], [30, 2])
  })
  await followed.caughtUp()
  await followed.mustBeSame()
  expect(truncations).toEqual([0])
  expect(await followed.bookmark(1)).toBeUndefined()
  expect(await followed.bookmark(2)).toBe(0n)
})

describe('further back than what is in memory', () => {
  /** Three entries a page. */
  const pages = (count: number): Wanted[][] =>
    Array.from({ length: count }, (_, page) => [[page], [300_000, 1], [300_000, 1], [300_000, page]])

  test('a truncation is found at its exact position', async () => {
    await using followed = await Followed.open(...pages(12))
    const { store, truncations } = followed
    expect(await followed.bookmark(11)).toBe(44n)
    await followed.unseen(() => store.truncateFile(18n))
    await followed.caughtUp()
    await followed.mustBeSame()
    expect(truncations).toEqual([18])
    expect(await followed.bookmark(4)).toBe(16n)
    expect(await followed.bookmark(5)).toBeUndefined()
  })

  test('a truncation with entries written after it is found to the page', async () => {
    await using followed = await Followed.open(...pages(12))
    const { store, truncations } = followed
    expect(await followed.bookmark(11)).toBe(44n)
    await followed.unseen(async () => {
      await store.truncateFile(18n)
      for (let page = 100; page < 110; page++) await commit(store, [page], [300_000, 2], [300_001, page])
    })
    await followed.caughtUp()
    await followed.mustBeSame()
    expect(truncations.length).toBe(1)
    expect(truncations[0]).toBeGreaterThan(12)
    expect(truncations[0]).toBeLessThanOrEqual(18)
    expect(await followed.bookmark(4)).toBe(16n)
    expect(await followed.bookmark(5)).toBeUndefined()
    expect(await followed.bookmark(100)).toBe(18n)
    expect(await followed.bookmark(109)).toBe(45n)
    // The page trail is complete again, up to the end.
    await followed.unseen(async () => {
      await store.truncateFile(30n)
      for (let page = 200; page < 220; page++) await commit(store, [page], [400_000, 2], [300_001, page])
    })
    await followed.caughtUp()
    await followed.mustBeSame()
    expect(truncations.length).toBe(2)
    expect(truncations[1]).toBeGreaterThan(24)
    expect(truncations[1]).toBeLessThanOrEqual(30)
    expect(await followed.bookmark(109)).toBeUndefined()
    expect(await followed.bookmark(219)).toBe(30n + 57n)
  })
})

test('the same commit point, after other entries', async () => {
  await using followed = await Followed.open([[1], [100, 1], [2], [100, 1], [3], [100, 1]])
  const { store, truncations } = followed
  const before = store.getHeader()
  await followed.unseen(async () => {
    await store.truncateFile(2n)
    await commit(store, [4], [90, 4], [5], [110, 4])
  })
  expect(store.getHeader()).toEqual(before)
  await followed.mustBeSame()
  expect(truncations).toEqual([2])
  expect(await followed.bookmark(3)).toBeUndefined()
  expect(await followed.bookmark(5)).toBe(4n)
})

test('the same commit point, after other entries of the same lengths', async () => {
  await using followed = await Followed.open([[1], [100, 1], [2], [100, 1], [3], [100, 1]])
  const { store, truncations } = followed
  await followed.unseen(async () => {
    await store.truncateFile(2n)
    await commit(store, [4], [100, 4], [5], [100, 4])
  })
  await followed.mustBeSame()
  expect(truncations).toEqual([2])
})

describe('a large last entry whose last bytes are the same', () => {
  const LARGE = 9000

  test('under another number', async () => {
    await using followed = await Followed.open([[1], [100, 1], [LARGE, 2]])
    const { store, truncations } = followed
    await followed.unseen(async () => {
      await store.truncateFile(1n)
      // Two heads of 17 bytes more, so as many bytes of data fewer.
      await commit(store, [40, 3], [43, 3], [LARGE, 2])
      await commit(store, [10, 3])
    })
    await followed.caughtUp()
    await followed.mustBeSame()
    expect(truncations).toEqual([1])
  })

  test('under the same number, with other bytes before', async () => {
    await using followed = await Followed.open([[1], [100, 1], [LARGE, 2]])
    const { store, reader, truncations } = followed
    const other = new Uint8Array(LARGE).fill(2).fill(3, 0, 10)
    await followed.unseen(async () => {
      await store.truncateFile(2n)
      store.startAtomicOp()
      store.addStreamEntry(1, other)
      await store.commitAtomicOp()
      await commit(store, [10, 3])
    })
    await followed.caughtUp()
    expect((await reader.getEntry(2n))?.data).toEqual(other)
    expect(truncations).toEqual([2])
  })
})

test('a last entry before padding that counts as committed is compared', async () => {
  await using followed = await Followed.open([[1], [1_000_000, 1]], [[100_000, 2]])
  const { store, reader, truncations } = followed
  // All pages have been read once.
  expect(await followed.bookmark(1)).toBe(0n)
  await followed.unseen(() => store.truncateFile(2n))
  await followed.caughtUp()
  expect(truncations).toEqual([2])
  const other = new Uint8Array(1_000_000).fill(1).fill(7, 0, 10)
  await followed.unseen(async () => {
    await store.truncateFile(1n)
    store.startAtomicOp()
    store.addStreamEntry(1, other)
    await store.commitAtomicOp()
    await commit(store, [100_000, 3])
  })
  await followed.caughtUp()
  expect((await reader.getEntry(1n))?.data).toEqual(other)
  expect(truncations).toEqual([2, 1])
})

test('while the file does not match its header, reads wait', async () => {
  let onProblem: (error: Error | undefined) => void = () => {}
  const problem = new Promise<Error | undefined>((resolve) => {
    onProblem = resolve
  })
  await using followed = await Followed.open([[1], [700_000, 1], [2], [700_000, 1], [3], [30, 1]])
  const { store, file } = followed
  await using reader = await openReader({ file, follow: true, pollMs: 1, onProblem })
  const from = await reader.log.locate(1)
  expect(reader.log.runInMemory(from)).toBeUndefined()
  // As if a writer has truncated, and written only one total of the header.
  const fd = openSync(file, 'r+')
  const totalEntries = 16 + 30
  writeSync(fd, Uint8Array.of(2), 0, 1, totalEntries + 7)
  let isGiven = false
  const run = reader.log.runOnDisk(from).finally(() => {
    isGiven = true
  })
  expect(await problem).toMatchObject({ code: 'ENTRIES_MISMATCH' })
  expect(isGiven).toBe(false)
  writeSync(fd, Uint8Array.of(6), 0, 1, totalEntries + 7)
  closeSync(fd)
  expect((await run)?.next.number).toBe(3)
  expect(store.getHeader()).toEqual(reader.getHeader())
})

test('a bookmark that was updated in place is found under its new bytes', async () => {
  await using followed = await Followed.open([[1], [100, 1], [2], [100, 1]])
  const { store, truncations } = followed
  expect(await followed.bookmark(2)).toBe(2n)
  await store.updateEntryData(2n, BOOKMARK_TYPE, keyOf(9))
  await vi.waitFor(async () => expect(await followed.bookmark(9)).toBe(2n), WAIT)
  expect(await followed.bookmark(2)).toBeUndefined()
  expect(truncations).toEqual([])
})

test('what was read while the file was rewritten is not delivered', async () => {
  await using followed = await Followed.open(...Array.from({ length: 4 }, (_, n): Wanted[] => [[n], [700_000, 1]]))
  const { store, reader, reads } = followed
  expect(await followed.bookmark(3)).toBe(6n)
  const from = await reader.log.locate(3)
  // The reader reads entries, but its poll of the header has to wait.
  reads.hold(HEADER_PAGE_BYTES)
  await vi.waitFor(() => expect(reads.waiting).toBeGreaterThan(0), WAIT)
  await store.truncateFile(1n)
  await commit(store, [1, 9], [2, 9], [700_000, 9])
  for (let n = 0; n < 4; n++) await commit(store, [700_000, 9])
  const run = reader.log.runOnDisk(from)
  const damaged = reader.log.runOnDisk({ position: from.position + 1, number: 3 })
  reads.release()
  expect(await run).toBeUndefined()
  expect(await damaged).toBeUndefined()
  await followed.mustBeSame()
})

/** A reader that collects entries, and drops those that were truncated. */
class Consumer {
  readonly entries: Entry[] = []

  constructor(reader: StreamReader) {
    reader.log.listen({
      onCommit: () => undefined,
      onTruncate: ({ totalEntries }) => {
        this.entries.length = Math.min(this.entries.length, Number(totalEntries))
      },
    })
  }

  async read(reader: StreamReader, most: number): Promise<void> {
    for (let i = 0; i < most; i++) {
      const number = this.entries.length
      const entry = await reader.getEntry(BigInt(number))
      if (entry === undefined || this.entries.length !== number) return
      this.entries.push(entry)
    }
  }
}

function randomEntries(random: Random, life: number): Wanted[] {
  return Array.from({ length: random.int(1, 8) }, () =>
    random.chance(0.4)
      ? [random.int(0, 40)]
      : [random.chance(0.1) ? random.int(1, 600_000) : random.int(1, 300), life & 255],
  )
}

test.each([1, 2, Number(process.env.TEST_SEED)])(
  'whatever is written unseen, readers have one history and bookmarks lead into it (seed %i)',
  async (seed) => {
    const random = randomFrom(seed)
    await using followed = await Followed.open(randomEntries(random, 0))
    const { store, reader } = followed
    const consumer = new Consumer(reader)
    for (let life = 1; life < 30; life++) {
      await consumer.read(reader, random.int(0, 20))
      await followed.unseen(async () => {
        for (let steps = random.int(1, 3); steps > 0; steps--) {
          const { totalEntries } = store.getHeader()
          const back = random.chance(0.7) ? random.int(0, Math.min(40, Number(totalEntries))) : 0
          if (back > 0) await store.truncateFile(totalEntries - BigInt(back))
          for (let operations = random.int(back > 0 ? 0 : 1, 8); operations > 0; operations--) {
            await commit(store, ...randomEntries(random, life))
          }
        }
      })
      await followed.caughtUp()
      await followed.mustBeSame()
      for (let key = 0; key <= 40; key++) {
        expect(await followed.bookmark(key), `seed ${seed}, life ${life}, bookmark ${key}`).toBe(
          await store.getBookmark(keyOf(key)),
        )
      }
    }
    await consumer.read(reader, Number.MAX_SAFE_INTEGER)
    expect(same(consumer.entries, await readAll(store.log))).toBe(true)
  },
)

test.each([true, false])('an update in place is applied next to a busy writer (followed: %s)', async (follow) => {
  using dir = tempDir()
  const file = dir.join('data-stream.bin')
  await using store = await openStore({ file, fsync: 'never', fileCheckMs: 0, index: new MemoryIndex() })
  for (let byte = 0; byte < 5; byte++) await commit(store, [5000, byte])
  let afterRead = async (): Promise<void> => {}
  const disk: Disk = {
    ...nodeDisk,
    open: async (path, mode) => {
      const opened = await nodeDisk.open(path, mode)
      const read: DiskFile['read'] = opened.read.bind(opened)
      return Object.assign(opened, {
        read: async (into: Uint8Array, position: number) => {
          const length = await read(into, position)
          if (position >= HEADER_PAGE_BYTES) await afterRead()
          return length
        },
      })
    },
  }
  await using reader = await openReader({ file, follow, clock: new HastyClock(), disk })
  await store.updateEntryData(1n, 1, new Uint8Array(5000).fill(77))
  afterRead = () => commit(store, [10, 1])
  await vi.waitFor(async () => expect((await reader.getEntry(1n))?.data[0]).toBe(77), WAIT)
  afterRead = async () => {}
})

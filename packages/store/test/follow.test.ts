import { closeSync, copyFileSync, openSync, renameSync, writeSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import {
  ENTRY_HEAD_BYTES,
  encodeHeaderEntry,
  HEADER_PAGE_BYTES,
  type Header,
  headerEntryOffset,
} from '@datastreamer/format'
import { ManualClock, until } from '@datastreamer/runtime/testing'
import { expect, test, vi } from 'vitest'
import { MemoryIndex } from '../src/bookmarks/memory-index.ts'
import type { StreamReader } from '../src/lookup/stream-reader.ts'
import { openReader } from '../src/reader/open-reader.ts'
import { openStore } from '../src/store/open-store.ts'
import type { StreamStore } from '../src/store/stream-store.ts'
import { CountingDisk } from './counting-disk.ts'
import { HastyClock } from './hasty-clock.ts'
import { readAll } from './sim/read-all.ts'

async function commit(store: StreamStore, ...sizes: readonly number[]): Promise<void> {
  store.startAtomicOp()
  for (const size of sizes) store.addStreamEntry(1, new Uint8Array(size).fill(size & 255))
  await store.commitAtomicOp()
}

/** Have a reader poll its file until a condition holds. */
async function polledUntil(clock: ManualClock, mustBe: () => void): Promise<void> {
  const isSo = (): void => {
    clock.advance(10)
    mustBe()
  }
  await vi.waitFor(isSo, { timeout: 60_000, interval: 2 })
}

/** Where the log of a reader is truncated, from now on. */
function truncationsOf({ log }: StreamReader): readonly bigint[] {
  const truncations: bigint[] = []
  log.listen({ onCommit: () => undefined, onTruncate: ({ totalEntries }) => truncations.push(totalEntries) })
  return truncations
}

test('a followed file shows what its writer commits, over page ends, and nothing else', async () => {
  using dir = tempDir()
  const file = dir.join('data-stream.bin')
  await using store = await openStore({ file, fsync: 'never', index: new MemoryIndex() })
  await using reader = await openReader({ file, follow: true, pollMs: 1 })
  const sizes: number[] = []
  for (let round = 0; round < 30; round++) {
    const added = [round, 90_000 + round, 3]
    await commit(store, ...added)
    sizes.push(...added)
    await vi.waitFor(() => expect(reader.getHeader().totalEntries).toBe(BigInt(sizes.length)), {
      timeout: 60_000,
      interval: 2,
    })
    expect((await readAll(reader.log)).map(({ data }) => data.length)).toEqual(sizes)
  }
  store.startAtomicOp()
  store.addStreamBookmark(Uint8Array.of(7))
  expect(await reader.getBookmark(Uint8Array.of(7))).toBeUndefined()
  await store.commitAtomicOp()
  await vi.waitFor(async () => expect(await reader.getBookmark(Uint8Array.of(7))).toBe(BigInt(sizes.length)), {
    timeout: 60_000,
    interval: 2,
  })
})

test('a followed file that is truncated notifies its readers', async () => {
  using dir = tempDir()
  const file = dir.join('data-stream.bin')
  await using store = await openStore({ file, fsync: 'never', index: new MemoryIndex() })
  await commit(store, 1, 2, 3, 4)
  await using reader = await openReader({ file, follow: true, pollMs: 1 })
  const truncations = truncationsOf(reader)
  await store.truncateFile(2n)
  await vi.waitFor(() => expect(truncations).toEqual([2n]), { timeout: 60_000, interval: 2 })
  await commit(store, 9)
  await vi.waitFor(() => expect(reader.getHeader().totalEntries).toBe(3n), { timeout: 60_000, interval: 2 })
  expect((await readAll(reader.log)).map(({ data }) => data.length)).toEqual([1, 2, 9])
})

test('a followed file that was truncated and rewritten between two polls counts as truncated where the rewrite began', async () => {
  using dir = tempDir()
  const file = dir.join('data-stream.bin')
  await using store = await openStore({ file, fsync: 'never', index: new MemoryIndex() })
  await commit(store, 1, 2, 3)
  const clock = new ManualClock()
  await using reader = await openReader({ file, follow: true, clock })
  const truncations = truncationsOf(reader)
  await store.truncateFile(1n)
  await commit(store, 500, 600, 700, 800)
  await polledUntil(clock, () => expect(reader.getHeader().totalEntries).toBe(5n))
  expect(truncations).toEqual([1n])
  expect((await readAll(reader.log)).map(({ data }) => data.length)).toEqual([1, 500, 600, 700, 800])
})

test('a followed file that was truncated and rewritten at the same positions counts as truncated where the rewrite began', async () => {
  using dir = tempDir()
  const file = dir.join('data-stream.bin')
  await using store = await openStore({ file, fsync: 'never', index: new MemoryIndex() })
  await commit(store, 1, 2, 3)
  const clock = new ManualClock()
  await using reader = await openReader({ file, follow: true, clock })
  const truncations = truncationsOf(reader)
  await store.truncateFile(1n)
  store.startAtomicOp()
  for (const size of [2, 3, 4]) store.addStreamEntry(1, new Uint8Array(size).fill(99))
  await store.commitAtomicOp()
  await polledUntil(clock, () => expect(reader.getHeader().totalEntries).toBe(4n))
  expect(truncations).toEqual([1n])
  expect((await readAll(reader.log)).map(({ data }) => data[0])).toEqual([1, 99, 99, 99])
})

test('a followed file that is replaced by another is reported, and again when it is back', async () => {
  using dir = tempDir()
  const file = dir.join('data-stream.bin')
  await using store = await openStore({ file, fsync: 'never', index: new MemoryIndex() })
  await commit(store, 1, 2, 3)
  const problems: (string | undefined)[] = []
  const onProblem = (problem: (Error & { code?: string }) | undefined): void => void problems.push(problem?.code)
  await using reader = await openReader({ file, follow: true, clock: new HastyClock(), onProblem })
  renameSync(file, dir.join('old.bin'))
  copyFileSync(dir.join('old.bin'), file)
  await vi.waitFor(() => expect(problems).toEqual(['FILE_REPLACED']), { timeout: 60_000, interval: 2 })
  expect(reader.getHeader().totalEntries).toBe(3n)
  renameSync(dir.join('old.bin'), file)
  await vi.waitFor(() => expect(problems).toEqual(['FILE_REPLACED', undefined]), { timeout: 60_000, interval: 2 })
})

test('an update in place of a followed file is read, also if the entry is in memory', async () => {
  using dir = tempDir()
  const file = dir.join('data-stream.bin')
  await using store = await openStore({ file, fsync: 'never', index: new MemoryIndex() })
  await commit(store, 600_000)
  const clock = new HastyClock()
  await using reader = await openReader({ file, follow: true, clock })
  const truncations = truncationsOf(reader)
  await commitToReader(store, reader, clock, 400_000, 7)
  for (const number of [0n, 1n, 2n]) {
    const { data } = await store.getEntry(number).then((entry) => entry ?? { data: new Uint8Array() })
    await store.updateEntryData(number, 1, data.fill(0xee))
    const read = async (): Promise<Uint8Array | undefined> => (await reader.getEntry(number))?.data
    await vi.waitFor(async () => expect(Buffer.compare((await read()) ?? data.slice(1), data)).toBe(0), {
      timeout: 60_000,
      interval: 2,
    })
  }
  expect(truncations).toEqual([])
})

/** A half-written header: the high bytes of a new length, which point into the next page, with the old low ones. */
function halfWritten(header: Header): Header {
  return { ...header, totalLength: HEADER_PAGE_BYTES + 2_000_000 }
}

function writeHeader(file: string, header: Header): void {
  const fd = openSync(file, 'r+')
  writeSync(fd, encodeHeaderEntry(header), 0, undefined, headerEntryOffset(header.generation))
  closeSync(fd)
}

/** Commit entries; readers that wait for them must get each from memory. */
async function commitToReader(
  store: StreamStore,
  reader: StreamReader,
  clock: ManualClock,
  ...sizes: readonly number[]
): Promise<void> {
  for (const size of sizes) {
    const { totalLength: position, totalEntries } = store.getHeader()
    await commit(store, size)
    await polledUntil(clock, () => expect(reader.getHeader()).toEqual(store.getHeader()))
    const run = reader.log.runInMemory({ position, number: Number(totalEntries) })
    expect(run?.bytes.length).toBe(ENTRY_HEAD_BYTES + size)
  }
}

test('what was read up to a half-written header is forgotten', async () => {
  using dir = tempDir()
  const file = dir.join('data-stream.bin')
  await using store = await openStore({ file, fsync: 'never', fileCheckMs: 0, index: new MemoryIndex() })
  await commit(store, 1_000_000)
  const counting = new CountingDisk()
  const clock = new ManualClock()
  const index = new MemoryIndex()
  await using reader = await openReader({ file, follow: true, disk: counting.disk, index, clock })
  const truncations = truncationsOf(reader)
  writeHeader(file, halfWritten(store.getHeader()))
  // Each poll reads the header twice and then what is new.
  const before = counting.reads
  for (let looks = 0; looks < 3; looks++) {
    await clock.waitingFor(10)
    clock.advance(10)
  }
  await until(() => counting.reads >= before + 9)
  await commitToReader(store, reader, clock, 100, 200, 300)
  expect(truncations).toEqual([])
})

test('a file whose header is half written is opened once it is whole', async () => {
  using dir = tempDir()
  const file = dir.join('data-stream.bin')
  await using store = await openStore({ file, fsync: 'never', fileCheckMs: 0, index: new MemoryIndex() })
  await commit(store, 1_000_000)
  const counting = new CountingDisk()
  writeHeader(file, halfWritten(store.getHeader()))
  const clock = new ManualClock()
  const opening = openReader({ file, follow: true, pollMs: 500, disk: counting.disk, clock })
  await clock.waitingFor(500)
  expect(counting.reads).toBeGreaterThan(0)
  writeHeader(file, store.getHeader())
  clock.advance(500)
  await using reader = await opening
  expect(reader.getHeader()).toEqual(store.getHeader())
})

test('a header that stays half written for long is reported, and reading goes on once it is whole', async () => {
  using dir = tempDir()
  const file = dir.join('data-stream.bin')
  await using store = await openStore({ file, fsync: 'never', fileCheckMs: 0, index: new MemoryIndex() })
  await commit(store, 1_000_000)
  const clock = new HastyClock()
  const problems: (string | undefined)[] = []
  const onProblem = (problem: (Error & { code?: string }) | undefined): void => void problems.push(problem?.code)
  await using reader = await openReader({ file, follow: true, clock, onProblem })
  const truncations = truncationsOf(reader)
  writeHeader(file, halfWritten(store.getHeader()))
  await vi.waitFor(() => expect(problems).toEqual(['LENGTH_NOT_AT_ENTRY_END']), { timeout: 60_000, interval: 2 })
  await commitToReader(store, reader, clock, 100, 200, 300)
  expect(problems).toEqual(['LENGTH_NOT_AT_ENTRY_END', undefined])
  expect(truncations).toEqual([])
})

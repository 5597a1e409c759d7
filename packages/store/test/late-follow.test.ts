import { tempDir } from '@datastreamer/fixtures'
import { ManualClock } from '@datastreamer/runtime/testing'
import { expect, test, vi } from 'vitest'
import { MemoryIndex } from '../src/bookmarks/memory-index.ts'
import { openReader, openStore, type StreamReader, type StreamStore } from '../src/index.ts'

/** Three of these are in a page. */
const BYTES = 300_000

async function append(store: StreamStore, entries: number): Promise<void> {
  for (let i = 0; i < entries; i++) {
    const number = Number(store.nextEntry)
    await store.atomic((operation) => {
      if (number % 2 === 0) operation.addBookmark(Uint8Array.of(number))
      else operation.addEntry(1, new Uint8Array(BYTES).fill(number))
    })
  }
}

async function readAll(reader: StreamReader, from?: bigint): Promise<number[]> {
  const numbers: number[] = []
  for await (const { number, type, data } of reader.entries({ from, follow: false })) {
    if (type === 1 && !data.every((byte) => byte === Number(number))) throw new Error(`entry ${number} has other bytes`)
    numbers.push(Number(number))
  }
  return numbers
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

const until = (mustBe: () => void): Promise<void> => vi.waitFor(mustBe, { timeout: 60_000, interval: 2 })

/** Have a reader poll its file until a condition holds. */
function pollUntil(clock: ManualClock, mustBe: () => void): Promise<void> {
  return until(() => {
    clock.advance(1)
    mustBe()
  })
}

test('who follows a file that gives entries up has the others, and is refused those', async () => {
  using dir = tempDir()
  const file = dir.join('s.bin')
  await using store = await openStore({ file, fsync: 'never', index: new MemoryIndex() })
  await append(store, 20)
  await using reader = await openReader({ file, follow: true, pollMs: 1 })
  expect(await readAll(reader)).toEqual(range(0, 20))
  const slow = reader.batches({ from: 0 })
  await slow.next()
  const { totalEntries: first } = await store.dropBefore(16n)
  expect(first).toBeGreaterThan(7n)
  await until(() => expect(reader.firstEntry).toBe(first))
  expect(await readAll(reader)).toEqual(range(Number(first), 20))
  await expect(reader.getEntry(first - 1n)).rejects.toMatchObject({ code: 'BEFORE_BASE' })
  await expect(slow.next()).rejects.toMatchObject({ code: 'BEFORE_BASE' })
  expect(await reader.getBookmark(Uint8Array.of(2))).toBeUndefined()
  expect(await reader.getBookmark(Uint8Array.of(14))).toBe(14n)
  await append(store, 4)
  await until(() => expect(reader.getHeader().totalEntries).toBe(24n))
  expect(await readAll(reader)).toEqual(range(Number(first), 24))
})

test('a read that is under way when its bytes are freed is refused, and is no damage', async () => {
  using dir = tempDir()
  const file = dir.join('s.bin')
  await using store = await openStore({ file, fsync: 'never', index: new MemoryIndex() })
  await append(store, 60)
  // Polls only when something was read.
  await using reader = await openReader({ file, follow: true, pollMs: 3_600_000, index: new MemoryIndex() })
  await store.dropBefore(40n)
  await expect(reader.getEntry(3n)).rejects.toMatchObject({ code: 'BEFORE_BASE' })
  expect(reader.firstEntry).toBe(store.firstEntry)
  expect((await reader.getEntry(55n))?.data.length).toBe(BYTES)
})

test('who has seen nothing of what a file still has goes on with its first entry', async () => {
  using dir = tempDir()
  const file = dir.join('s.bin')
  const store = await openStore({ file, fsync: 'never', index: new MemoryIndex() })
  await append(store, 8)
  const clock = new ManualClock()
  await using reader = await openReader({ file, follow: true, pollMs: 1, clock })
  await readAll(reader)
  const tail = reader.batches({ from: 'latest' })
  const next = tail.next()
  // Between two polls.
  await append(store, 60)
  await store.dropBefore(50n)
  const first = Number(store.firstEntry)
  const refused = expect(next).rejects.toMatchObject({ code: 'BEFORE_BASE' })
  await pollUntil(clock, () => expect(reader.getHeader().totalEntries).toBe(68n))
  await refused
  expect(await readAll(reader)).toEqual(range(first, 68))
  expect(await reader.getBookmark(Uint8Array.of(first + (first % 2)))).toBe(BigInt(first + (first % 2)))
  // A truncation is noticed as before.
  await store.truncateFile(60n)
  await append(store, 5)
  await store.close()
  await pollUntil(clock, () => expect(reader.getHeader().totalEntries).toBe(65n))
  expect(await readAll(reader)).toEqual(range(first, 65))
})

test('a reader that does not follow keeps its end, as far as the file still has what is before', async () => {
  using dir = tempDir()
  const file = dir.join('s.bin')
  await using store = await openStore({ file, fsync: 'never', index: new MemoryIndex() })
  await append(store, 30)
  await using reader = await openReader({ file, pollMs: 1 })
  await append(store, 30)
  await store.dropBefore(20n)
  await until(() => expect(reader.firstEntry).toBe(store.firstEntry))
  expect(await readAll(reader)).toEqual(range(Number(store.firstEntry), 30))
  await store.dropBefore(50n)
  await until(() => expect(reader.firstEntry).toBe(store.firstEntry))
  expect(await readAll(reader)).toEqual([])
})

import { ENTRY_HEAD_BYTES, HEADER_PAGE_BYTES, MAX_ENTRY_DATA_BYTES, placeEntry } from '@datastreamer/format'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MemoryIndex } from '../../src/bookmarks/memory-index.ts'
import { bookmarksBackwards, indexedUpTo, indexLog, readRuns, scanBookmarks } from '../../src/bookmarks/scan.ts'
import type { StreamLog } from '../../src/log/stream-log.ts'
import { bookmark, event, key, LARGE, LogInMemory, type TestEntry } from './log-in-memory.ts'

const small = fc.uint8Array({ maxLength: 18, size: 'max' })
const entries: fc.Arbitrary<TestEntry> = fc.oneof(
  { weight: 20, arbitrary: small.map(bookmark) },
  { weight: 20, arbitrary: fc.record({ type: fc.constantFrom(1, 0xb0b0, 0xb000_0000), data: small }) },
  { weight: 1, arbitrary: fc.constantFrom(700_000, LARGE, MAX_ENTRY_DATA_BYTES).map((length) => event(length)) },
)
const logs = fc.array(entries, { maxLength: 40, size: 'max' })

function bookmarksOf(entries: readonly TestEntry[], from = 0, to = entries.length): [number, string][] {
  const found: [number, string][] = []
  for (const [number, { type, data }] of entries.entries()) {
    const isBookmark = type === 0xb0 && data.length >= 1 && data.length <= 16
    if (isBookmark && number >= from && number < to) found.push([number, Buffer.from(data).toString('hex')])
  }
  return found
}

async function scan(log: StreamLog, from: number, to?: number): Promise<[number, string][]> {
  const found: [number, string][] = []
  const onBookmark = (key: Uint8Array, number: number): void => {
    found.push([number, Buffer.from(key).toString('hex')])
  }
  await scanBookmarks(log, from, onBookmark, { to })
  return found
}

test('finds the bookmarks of any log, from anywhere, up to anywhere, and backwards', async () => {
  const property = fc.asyncProperty(logs, fc.nat(40), fc.nat(40), async (entries, a, b) => {
    const { log } = new LogInMemory(entries)
    const from = Math.min(a, entries.length)
    const to = Math.min(b, entries.length)
    expect(await scan(log, from)).toEqual(bookmarksOf(entries, from))
    expect(await scan(log, from, to)).toEqual(bookmarksOf(entries, from, to))
    const backwards: [number, string][] = []
    for await (const stretch of bookmarksBackwards(log, to)) {
      backwards.unshift(
        ...stretch.map(({ key, number }): [number, string] => [number, Buffer.from(key).toString('hex')]),
      )
    }
    expect(backwards).toEqual(bookmarksOf(entries, 0, to))
  })
  await fc.assert(property, { numRuns: 40 })
})

test('goes backwards over more than one stretch', async () => {
  const entries = Array.from({ length: 5000 }, (_, n) => (n % 10 === 0 ? bookmark(key(n)) : event(1)))
  const { log } = new LogInMemory(entries)
  const sizes: number[] = []
  const numbers: number[] = []
  for await (const stretch of bookmarksBackwards(log, 5000)) {
    sizes.push(stretch.length)
    numbers.unshift(...stretch.map(({ number }) => number))
  }
  expect(sizes).toEqual([102, 205, 193])
  expect(numbers).toEqual(Array.from({ length: 500 }, (_, n) => 10 * n))
})

test('sees what is committed meanwhile', async () => {
  const test = new LogInMemory(Array.from({ length: 1000 }, (_, n) => bookmark(key(n))))
  const seen: number[] = []
  const end = await scanBookmarks(test.log, 0, (_, number) => {
    seen.push(number)
    if (number === 500) test.commit(bookmark(key(1000)), event())
  })
  expect(end).toBe(1002)
  expect(seen).toEqual(Array.from({ length: 1001 }, (_, n) => n))
})

test.each([
  ['before what is read', 3, 3],
  ['after what is read', 900, 900],
  ['to nothing', 0, 0],
])('stops where a truncation ends the log: %s', async (_, left, expected) => {
  const test = new LogInMemory(Array.from({ length: 1000 }, (_, n) => bookmark(key(n))))
  let truncated = false
  const end = await scanBookmarks(test.log, 0, () => {
    if (truncated) return
    truncated = true
    test.truncate(left)
  })
  expect(end).toBe(expected)
})

test('goes on after a truncation that left what was read', async () => {
  const test = new LogInMemory(Array.from({ length: 1000 }, (_, n) => bookmark(key(n))))
  const runs = readRuns(test.log, 0)
  const first = await runs.next()
  test.truncate(990)
  test.commit(bookmark(key(5000)), event(LARGE))
  let end = first.done === true ? 0 : first.value.next.number
  expect(end).toBeLessThan(900)
  for await (const run of runs) {
    expect(run.number).toBe(end)
    end = run.next.number
  }
  expect(end).toBe(992)
})

test.each([30, LARGE])(
  'goes on where the log was truncated, wherever the next entry stands: %i bytes',
  async (length) => {
    const test = new LogInMemory([event(20), event(LARGE)])
    const runs = readRuns(test.log, 0)
    expect((await runs.next()).value).toMatchObject({ number: 0, next: { number: 1 } })
    test.truncate(1)
    test.commit(event(length), event(40))
    let end = 1
    for await (const run of runs) {
      expect(run.number).toBe(end)
      end = run.next.number
    }
    expect(end).toBe(3)
  },
)

test('can be aborted', async () => {
  const { log } = new LogInMemory([event()])
  const reason = new Error('enough')
  await expect(scanBookmarks(log, 0, () => {}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  await expect(indexLog(log, new MemoryIndex(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})

test('indexes a log and reports progress', async () => {
  const property = fc.asyncProperty(logs, fc.nat(40), async (entries, a) => {
    const { log } = new LogInMemory(entries)
    const from = Math.min(a, entries.length)
    const index = new MemoryIndex()
    const progress: number[] = []
    const done = await indexLog(log, index, { from, onProgress: (entries) => progress.push(entries) })
    const expected = bookmarksOf(entries, from)
    expect(done).toEqual({ bookmarks: expected.length, end: entries.length })
    expect(progress.at(-1) ?? entries.length).toBe(entries.length)
    const last = new Map(expected.map(([number, hex]) => [hex, number]))
    expect(index.size).toBe(last.size)
    for (const [hex, number] of last) expect(await index.get(Buffer.from(hex, 'hex'))).toBe(number)
  })
  await fc.assert(property, { numRuns: 30 })
})

test('an index that lost its end counts up to the last bookmark that it has', async () => {
  const entries = Array.from({ length: 4000 }, (_, n) => (n % 100 === 50 ? bookmark(key(n)) : event(1)))
  const { log } = new LogInMemory(entries)
  for (const kept of [0, 50, 51, 1500, 2900, 3951, 4000]) {
    const index = new MemoryIndex()
    await scanBookmarks(log, 0, (key, number) => {
      if (number < kept) index.put([{ key, number }])
    })
    const upTo = await indexedUpTo(log, index)
    expect(upTo, `kept ${kept}`).toBeLessThanOrEqual(kept)
    await indexLog(log, index, { from: upTo })
    expect(index.size).toBe(40)
  }
})

test('runs have the position of their first entry, also after padding', async () => {
  const entries = [20, LARGE, 30, 5, MAX_ENTRY_DATA_BYTES, 40].map((length) => event(length))
  const positions: number[] = []
  let end = HEADER_PAGE_BYTES
  for (const { data } of entries) {
    const length = ENTRY_HEAD_BYTES + data.length
    positions.push(placeEntry(end, length))
    end = placeEntry(end, length) + length
  }
  const { log } = new LogInMemory(entries)
  for (const maxBytes of [17, 50, 4096, 2 ** 21]) {
    let number = 0
    for await (const run of readRuns(log, 0, { maxBytes })) {
      expect(run.number).toBe(number)
      expect(run.position).toBe(positions[number])
      number = run.next.number
    }
    expect(number).toBe(entries.length)
  }
})

test('entries that are truncated during the read count neither as read nor as damage', async () => {
  for (const fails of [false, true]) {
    const test = new LogInMemory(Array.from({ length: 1000 }, (_, n) => bookmark(key(n))))
    const read = test.log.runAsFound.bind(test.log)
    test.log.runAsFound = async (...at) => {
      const run = await read(...at)
      if (test.total === 1000) test.truncate(3)
      else return run
      if (fails) throw new Error('damage')
      return run
    }
    const seen: number[] = []
    expect(await scanBookmarks(test.log, 0, (_, number) => seen.push(number))).toBe(3)
    expect(seen).toEqual([0, 1, 2])
    expect(await scanBookmarks(test.log, 0, () => {})).toBe(3)
  }
})

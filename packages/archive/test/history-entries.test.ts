import { oneOf, randomFrom } from '@datastreamer/fixtures/random'
import { decodeEntries, NotFoundError, type OperationEvent } from '@datastreamer/format'
import { beforeAll, expect, test } from 'vitest'
import type { History, HistoryRun } from '../src/index.ts'
import { bookmarkKey, homePage, pagesOf } from '../src/index.ts'
import { nodeSha256 } from '../src/node.ts'
import { historyOfBlocks, plain, TestHistory } from './support/make-history.ts'
import { collect, opened } from './support/open-history.ts'

let made: TestHistory
let history: History
beforeAll(async () => {
  made = await historyOfBlocks(4, 40, { fill: 90_000 })
  history = (await opened(made)).history
})

test('what it says of itself', async () => {
  const { header, first } = { header: history.getHeader(), first: made.leaves[0] }
  expect(header).toMatchObject({ generation: 3, version: 4, systemId: 1101n, streamType: 1n, totalEntries: made.next })
  expect(first?.kind).toBe('epoch')
  expect(history.size).toBe(5)
  expect(history.name).toBe('memory')
  expect(history.checkpoint).toMatch(/^test\.example\/log\n5\n/)
})

test('any range of entries, as entries, batches, runs and operations', async () => {
  const random = randomFrom(5)
  for (let i = 0; i < 60; i++) {
    const from = random(made.entries.length)
    const to = from + random(made.entries.length - from)
    const wanted = made.entries.slice(from, to + 1)
    const way = i % 4
    if (way === 0) expect(await collect(history.entries({ from, to }))).toEqual(wanted)
    else if (way === 1) expect((await collect(history.batches({ from, to }))).flat()).toEqual(wanted)
    else if (way === 2) checkRuns(await collect(history.runs({ from, to })), from, to)
    else checkOperations(await collect(history.operations({ from, to })), from, to)
  }
  checkRuns(await collect(history.runs()), 0, made.entries.length - 1)
  const all = await collect(history.operations())
  checkOperations(all, 0, made.entries.length - 1)
  expect(all.at(-1)).toEqual({ kind: 'operationBoundary', nextEntry: made.next, gap: false })
})

function checkRuns(runs: readonly HistoryRun[], from: number, to: number): void {
  const entries = runs.flatMap(({ bytes }) => decodeEntries(bytes))
  expect(entries).toEqual(made.entries.slice(from, to + 1))
  let next = BigInt(from)
  for (const run of runs) {
    expect(run.first).toBe(next)
    next += BigInt(run.count)
  }
  const boundaries = runs.flatMap(({ first, boundaries: keys }) => keys.map((mark) => first + BigInt(mark)))
  expect(boundaries).toEqual(made.boundaries.filter((number) => number > from && number <= to + 1))
}

function checkOperations(events: readonly OperationEvent[], from: number, to: number): void {
  let next = BigInt(from)
  let since = 0
  for (const event of events) {
    if (event.kind === 'entries') {
      expect(event.entries).toEqual(made.entries.slice(Number(next), Number(next) + event.entries.length))
      next += BigInt(event.entries.length)
      since += event.entries.reduce((sum, { data }) => sum + data.length, 0)
      expect(since).toBeLessThan(2_200_000)
    } else {
      expect(event).toEqual({ kind: 'operationBoundary', nextEntry: next, gap: false })
      expect(made.boundaries).toContain(next)
      since = 0
    }
  }
  expect(next).toBe(BigInt(to + 1))
}

test('entries of some types; boundaries stay', async () => {
  const types = [2, 99]
  const wanted = made.entries.filter(({ type }) => types.includes(type))
  expect(await collect(history.entries({ types }))).toEqual(wanted)
  const events = await collect(history.operations({ types }))
  expect(events.flatMap((event) => (event.kind === 'entries' ? event.entries : []))).toEqual(wanted)
  const boundaries = (await collect(history.operations())).filter(({ kind }) => kind === 'operationBoundary')
  expect(events.filter(({ kind }) => kind === 'operationBoundary')).toEqual(boundaries)
  await expect(collect(history.entries({ types: [] }))).rejects.toThrow(RangeError)
})

test('bounds by bookmarks', async () => {
  const keys = made.entries.filter(({ type }) => type === 0xb0)
  const random = randomFrom(6)
  for (let i = 0; i < 10; i++) {
    const [a, b] = [oneOf(keys, random), oneOf(keys, random)].sort((x, y) => Number(x.number - y.number))
    if (a === undefined || b === undefined) return
    const read = await collect(history.entries({ from: { bookmark: a.data }, to: { bookmark: b.data } }))
    expect(read).toEqual(made.entries.slice(Number(a.number), Number(b.number) + 1))
    if (a === b) continue
    const turned = history.entries({ from: { bookmark: b.data }, to: { bookmark: a.data } })
    await expect(collect(turned)).rejects.toThrow(NotFoundError)
  }
})

test('bounds that are not there', async () => {
  const next = made.next
  expect(await collect(history.entries({ from: next }))).toEqual([])
  expect(await collect(history.entries({ from: 5, to: 4 }))).toEqual([])
  await expect(collect(history.entries({ from: next + 1n }))).rejects.toMatchObject({ code: 'FROM_NOT_FOUND' })
  await expect(collect(history.entries({ to: next }))).rejects.toMatchObject({ code: 'TO_NOT_FOUND' })
  const none = { bookmark: Uint8Array.of(9) }
  await expect(collect(history.entries({ from: none }))).rejects.toMatchObject({ code: 'FROM_NOT_FOUND' })
  await expect(collect(history.entries({ to: none }))).rejects.toMatchObject({ code: 'TO_NOT_FOUND' })
  await expect(collect(history.entries({ from: -1 }))).rejects.toThrow(RangeError)
  expect(await history.entry(next)).toBeUndefined()
  await expect(history.entry(-1)).rejects.toThrow(RangeError)
})

test('a stream that is no sequencer’s', async () => {
  const other = new TestHistory()
  const bookmark = (i: number): Uint8Array => new TextEncoder().encode(`mark ${i}`)
  for (let i = 0; i < 6; i++) {
    const marked = plain(4, `${i}`).map((operation, j) => [{ type: 0xb0, data: bookmark(4 * i + j) }, ...operation])
    await other.add(marked)
  }
  await other.publish()
  const { history: read } = await opened(other)
  expect(await collect(read.entries())).toEqual(other.entries)
  for (const { type, data, number } of other.entries) if (type === 0xb0) expect(await read.bookmark(data)).toBe(number)
  expect(await read.bookmark(bookmark(99))).toBeUndefined()
  expect(await collect(read.blocks())).toEqual([])
  expect(await read.block(0)).toBeUndefined()
  expect(await read.batch(0)).toBeUndefined()
  expect(await read.at(5)).toBeUndefined()
})

test('bookmarks that do not fit into their page', async () => {
  const other = new TestHistory()
  const keys: Uint8Array[] = []
  for (let i = 0; keys.length < 780; i++) {
    const mark = new TextEncoder().encode(`mark ${i}`)
    if (homePage(bookmarkKey(mark, nodeSha256), 2) === 0) keys.push(mark)
  }
  await other.add(keys.map((data) => [{ type: 0xb0, data }]))
  await other.publish()
  const leaf = other.leaves[1]
  expect(leaf?.kind === 'segment' && pagesOf(leaf.records, leaf.bytes)).toBe(2)
  const { history: read } = await opened(other)
  for (const [i, key] of keys.entries()) expect(await read.bookmark(key)).toBe(BigInt(i))
})

test('a bookmark that comes again is found where it stands last', async () => {
  const other = new TestHistory()
  const mark = { type: 0xb0, data: Uint8Array.of(1, 2, 3) }
  for (let i = 0; i < 5; i++) await other.add([[mark, ...(plain(1)[0] ?? []), mark], ...plain(2)])
  await other.publish()
  const { history: read } = await opened(other)
  const last = other.entries.findLast(({ type }) => type === 0xb0)
  expect(await read.bookmark(mark.data)).toBe(last?.number)
})

test('an option that is out of range', async () => {
  await expect(opened(made, { concurrency: 0 })).rejects.toThrow(RangeError)
  await expect(opened(made, { prefetchBytes: 0.5 })).rejects.toThrow(RangeError)
  await expect(opened([])).rejects.toThrow(RangeError)
  await expect(opened(made, { publicKey: 'nonsense' })).rejects.toMatchObject({ name: 'KeyError' })
})

import { batchBookmark, blockBookmark } from '@datastreamer/sequencer-entries'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Leaf, segmentKey } from '../src/leaf/leaf.ts'
import { historyOfBlocks, plainHistory, type TestHistory } from './support/make-history.ts'
import { collect, opened, readsOf } from './support/open-history.ts'

describe('up to a bundle of leaves', () => {
  let made: TestHistory
  beforeAll(async () => {
    made = await historyOfBlocks(4, 40, { fill: 100_000 })
  })

  test('opening: the checkpoint, and all leaves', async () => {
    const reads = readsOf(made)
    await opened(made)
    expect(reads()).toEqual(['checkpoint', 'tile/entries/000.p/5'])
  })

  test('a block is one request; none if its record was read', async () => {
    const { history } = await opened(made)
    const reads = readsOf(made)
    await history.block(70)
    expect(reads()).toHaveLength(1)
    await history.block(70)
    const first = await history.entry((await history.block(70))?.entryNumber ?? 0n)
    expect(first?.type).toBe(2)
    expect(await history.bookmark(blockBookmark(70n))).toBeDefined()
    expect(reads()).toEqual([])
    expect(await history.block(160)).toBeUndefined()
    expect(reads()).toEqual([])
  })

  test('who asks for the same at once shares a request', async () => {
    const { history } = await opened(made)
    const reads = readsOf(made)
    const found = await Promise.all(Array.from({ length: 9 }, () => history.block(100)))
    expect(found.map((block) => block?.number)).toEqual(Array(9).fill(100n))
    expect(reads()).toHaveLength(1)
  })

  test('without a cache, a record is read each time', async () => {
    const { history } = await opened(made, { cacheBytes: 0 })
    const reads = readsOf(made)
    await history.block(70)
    await history.block(70)
    expect(reads()).toHaveLength(2)
  })

  test('a bookmark of a batch: its page, and its record', async () => {
    const { history } = await opened(made)
    const reads = readsOf(made)
    expect(await history.bookmark(batchBookmark(9n))).toBeDefined()
    expect(reads()).toHaveLength(2)
  })

  test('all of it: each segment once, several records in a request', async () => {
    const { history } = await opened(made)
    const reads = readsOf(made)
    const entries = await collect(history.entries())
    expect(entries).toEqual(made.entries)
    const keys = reads()
    expect(new Set(keys).size).toBe(4)
    const records = made.leaves.flatMap((leaf) => (leaf.kind === 'segment' ? leaf.records : []))
    expect(records.length).toBeGreaterThan(12)
    expect(keys.length).toBeLessThan(records.length)
  })

  test('little is read for those who want little', async () => {
    const { history } = await opened(made)
    const reads = readsOf(made)
    for await (const _ of history.entries()) break
    expect(reads()).toHaveLength(1)
    await collect(history.entries({ from: 40, to: 40 }))
    expect(reads()).toHaveLength(1)
    expect(await collect(history.entries({ from: 'latest' }))).toEqual([])
    expect(reads()).toEqual([])
  })
})

describe('more than a bundle', () => {
  let made: TestHistory
  beforeAll(async () => {
    made = await plainHistory(600)
  })

  test('opening: the checkpoint, and the lookup', async () => {
    const reads = readsOf(made)
    const { notices } = await opened(made)
    expect(reads()).toEqual(['checkpoint', 'lookup/601'])
    expect(notices).toEqual([])
  })

  test.each([0, 2000, 2294, 2295, 3000, 4598, 5000, 5399])('entry %i: its bundle, and its record', async (number) => {
    const { history } = await opened(made)
    const reads = readsOf(made)
    expect(await history.entry(number)).toEqual(made.entries[number])
    const leaf = made.leaves[1 + Math.floor(number / 9)]
    expect(leaf?.kind === 'segment' && reads().at(-1)).toBe(leaf?.kind === 'segment' && segmentKey(leaf))
    await history.entry(number)
    expect(reads()).toEqual([])
  })

  test('never more than two requests for an entry', async () => {
    const { history } = await opened(made)
    const reads = readsOf(made)
    for (let number = 0; number < 5400; number += 9) {
      expect(await history.entry(number)).toEqual(made.entries[number])
      const keys = reads()
      expect(keys.length).toBeLessThanOrEqual(2)
      expect(keys.filter((name) => name.startsWith('segment/'))).toHaveLength(1)
    }
  })

  test('all of it: each bundle once', async () => {
    const { history } = await opened(made)
    const reads = readsOf(made)
    expect(await collect(history.entries())).toEqual(made.entries)
    const bundles = reads().filter((name) => name.startsWith('tile/'))
    expect(bundles).toEqual(['tile/entries/000', 'tile/entries/001', 'tile/entries/002.p/89'])
  })

  test('the list of segments', async () => {
    const { history } = await opened(made)
    const keysOf = (leaves: readonly Leaf[]): string[] =>
      leaves.map((leaf) => (leaf.kind === 'segment' ? segmentKey(leaf) : ''))
    expect(keysOf(await history.segments())).toEqual(keysOf(made.leaves.slice(1)))
  })
})

import { formatVerifierKey } from '@datastreamer/format/signing'
import { assembleBlocks, batchBookmark, blockBookmark } from '@datastreamer/sequencer-entries'
import { beforeAll, describe, expect, test } from 'vitest'
import type { History } from '../src/history/history.ts'
import type { HistoryOptions } from '../src/history/history-options.ts'
import { openHistory } from '../src/node.ts'
import { collect, historyOfBlocks, key, plain, TestHistory } from './support/make-history.ts'

const publicKey = formatVerifierKey(key)

function open(made: TestHistory, options: HistoryOptions = {}): Promise<History> {
  return openHistory(made.objects, { publicKey, ...options })
}

async function filled(segments: number): Promise<TestHistory> {
  const made = new TestHistory()
  for (let i = 0; i < segments; i++) await made.add(plain(3, `${i}`))
  await made.publish()
  return made
}

/** The reads that a test makes. */
function counted(made: TestHistory): () => string[] {
  let from = made.objects.calls.length
  return () => {
    const calls = made.objects.calls.slice(from).map(({ key: name }) => name)
    from = made.objects.calls.length
    return calls
  }
}

test('all entries, once, in order', async () => {
  const made = await filled(5)
  const calls = counted(made)
  const history = await open(made)
  expect(calls()).toEqual(['checkpoint', 'tile/entries/000.p/6'])
  const read = await collect(history.entries())
  expect(read).toEqual(made.entries)
  expect(calls()).toHaveLength(5)
  expect(await collect(history.entries({ from: 7, to: 20 }))).toEqual(made.entries.slice(7, 21))
})

test('an entry', async () => {
  const made = await filled(5)
  const history = await open(made)
  const calls = counted(made)
  for (const entry of made.entries) expect(await history.entry(entry.number)).toEqual(entry)
  expect(calls()).toHaveLength(5)
})

test('more than a bundle', async () => {
  const made = await filled(600)
  const calls = counted(made)
  const history = await open(made)
  expect(calls()).toEqual(['checkpoint', 'lookup/601'])
  for (const number of [0, 3000, 5000, 5399]) {
    expect(await history.entry(number)).toEqual(made.entries[number])
    expect(calls().length).toBeLessThanOrEqual(2)
  }
  expect(await collect(history.entries())).toEqual(made.entries)
})

describe('blocks', () => {
  let made: TestHistory
  beforeAll(async () => {
    made = await historyOfBlocks(6, 40)
  })

  test('all of them, and each', async () => {
    const truth = await collect(assembleBlocks(made.entries, { generation: 'protobuf', endIsBoundary: true }))
    const history = await open(made)
    expect(await collect(history.blocks())).toEqual(truth)
    for (const number of [0, 1, 39, 40, 41, 100, 239]) {
      expect(await history.block(number)).toEqual(truth[number])
    }
    expect(await history.block(240)).toBeUndefined()
    const from = await collect(history.blocks({ from: { block: 77 }, to: { block: 90 } }))
    expect(from).toEqual(truth.slice(77, 91))
    for (const number of [0n, 3n, 50n]) {
      const wanted = truth.find(({ batchNumber }) => batchNumber === number)
      expect((await history.batch(number))?.blocks[0]).toEqual(wanted)
      const next = history.blocks({ from: { batch: number } })
      expect((await next.next()).value).toEqual(wanted)
      await next.return()
    }
    for (const index of [0, 50, 130, 239]) {
      expect(await history.at(truth[index]?.timestamp ?? 0n)).toEqual(truth[index])
      expect(await history.at((truth[index]?.timestamp ?? 0n) + 1n)).toEqual(truth[index])
    }
    for (const entry of made.entries.filter(({ type }, i) => type === 0xb0 && i % 5 === 0)) {
      expect(await history.bookmark(entry.data)).toBe(entry.number)
    }
    expect(await history.bookmark(blockBookmark(500n))).toBeUndefined()
    expect(await history.bookmark(batchBookmark(500n))).toBeUndefined()
  })
})

import { TruncatedError } from '@datastreamer/format'
import { generateStream } from '@datastreamer/sequencer-entries'
import { describe, expect, test } from 'vitest'
import { historyOfBlocks, plain, plainHistory, TestHistory } from './support/make-history.ts'
import { collect, opened, readsOf } from './support/open-history.ts'

/** Put the objects of one history in the place of another's. */
function replace({ objects }: TestHistory, { objects: others }: TestHistory): void {
  for (const [key, object] of others.stored) objects.stored.set(key, object)
}

describe('refresh', () => {
  test('finds what was added; what was begun keeps to what there was', async () => {
    const made = await plainHistory(3)
    const { history } = await opened(made)
    const before = made.entries.slice()
    const running = history.entries()
    expect((await running.next()).value).toEqual(before[0])
    await made.add(plain(3, 'new'))
    await made.publish()
    expect(await collect(history.entries())).toEqual(before)
    const reads = readsOf(made)
    expect((await history.refresh()).totalEntries).toBe(made.next)
    expect(reads()).toEqual(['checkpoint', 'tile/entries/000.p/5'])
    expect(history.size).toBe(5)
    expect(await collect(running)).toEqual(before.slice(1))
    expect(await collect(history.entries())).toEqual(made.entries)
  })

  test('is one request if there is nothing new, also for several who ask at once', async () => {
    const made = await plainHistory(3)
    const { history } = await opened(made)
    const reads = readsOf(made)
    const header = history.getHeader()
    expect(await Promise.all([history.refresh(), history.refresh(), history.refresh()])).toEqual([
      header,
      header,
      header,
    ])
    expect(reads()).toEqual(['checkpoint'])
  })

  test('from one bundle to more, and on', async () => {
    const made = await plainHistory(250)
    const { history } = await opened(made)
    for (const more of [5, 20, 300]) {
      for (let i = 0; i < more; i++) await made.add(plain(1, `${more} ${i}`))
      await made.publish()
      const { history: cold } = await opened(made)
      const reads = readsOf(made)
      await history.refresh()
      expect(reads().length).toBeLessThanOrEqual(3)
      for (const read of [history, cold]) expect(await collect(read.entries())).toEqual(made.entries)
    }
  })

  test('a log of other leaves is a fork, of the same size or more', async () => {
    const made = await plainHistory(3)
    const { history } = await opened(made)
    const note = history.checkpoint
    const before = made.entries.slice()
    for (const segments of [3, 4]) {
      const other = new TestHistory()
      for (let i = 0; i < segments; i++) await other.add(plain(3, `other ${i}`))
      const otherNote = await other.publish()
      replace(made, other)
      const notes = [note, otherNote]
      await expect(history.refresh()).rejects.toMatchObject({ code: 'FORKED', notes, retryable: false })
      await expect(opened(made, { checkpoint: note })).rejects.toMatchObject({ code: 'FORKED', notes })
    }
    expect(history.checkpoint).toBe(note)
    expect(history.getHeader().totalEntries).toBe(BigInt(before.length))
  })

  test('a fork of more than a bundle, where the last bundle is another', async () => {
    const [made, other] = [new TestHistory(), new TestHistory()]
    for (let i = 0; i < 270; i++) for (const each of [made, other]) await each.add(plain(1, `${i}`))
    await made.add(plain(1, 'this'))
    await other.add(plain(1, 'that'))
    await made.publish()
    const { history } = await opened(made)
    for (let i = 0; i < 300; i++) await other.add(plain(1, `more ${i}`))
    await other.publish()
    replace(made, other)
    await expect(history.refresh()).rejects.toMatchObject({ code: 'FORKED' })
  })

  test('what a fork showed is not taken for what the log has', async () => {
    const [made, other] = [await plainHistory(3), new TestHistory()]
    const { history } = await opened(made)
    for (let i = 0; i < 4; i++) await other.add(plain(3, `other ${i}`))
    await other.publish()
    replace(made, other)
    await expect(history.refresh()).rejects.toMatchObject({ code: 'FORKED' })
    await made.add(plain(3, 'more'))
    await made.publish()
    await history.refresh()
    expect(await collect(history.entries())).toEqual(made.entries)
  })

  test('an older checkpoint is late: it is reported, never used', async () => {
    const made = await plainHistory(5)
    const { history, notices } = await opened(made)
    await made.publish(4)
    expect((await history.refresh()).totalEntries).toBe(made.next)
    expect(notices).toMatchObject([{ code: 'LATE_CHECKPOINT', size: 4, knownSize: 6 }])
    expect(await collect(history.entries())).toEqual(made.entries)
    const again = await opened(made, { checkpoint: history.checkpoint })
    expect(again.notices).toMatchObject([{ code: 'LATE_CHECKPOINT' }])
    expect(await collect(again.history.entries())).toEqual(made.entries)
  })

  test('an old checkpoint is a beginning of the log, also through an epoch', async () => {
    const made = await plainHistory(4)
    const { history } = await opened(made)
    const note = history.checkpoint
    made.openEpoch(18n)
    await made.add(plain(5, 'another'))
    await made.publish()
    await opened(made, { checkpoint: note })
    await history.refresh()
    expect(await collect(history.entries())).toEqual(made.entries)
    for (let i = 0; i < 300; i++) await made.add(plain(1, `${i}`))
    await made.publish()
    const { history: cold, notices } = await opened(made, { checkpoint: note })
    expect(notices).toEqual([])
    expect(await collect(cold.entries())).toEqual(made.entries)
  })
})

describe('epochs', () => {
  test('of segments that were taken away, nothing is read', async () => {
    const made = await plainHistory(6)
    const old = made.leaves.slice(4)
    made.openEpoch(27n)
    await made.add(plain(2, 'b'))
    await made.add(plain(1, 'b'))
    made.openEpoch(9n)
    await made.add(plain(4, 'c'))
    await made.publish()
    for (const leaf of old) expect(leaf.epoch).toBe(0)
    const { history } = await opened(made)
    expect(history.getHeader().totalEntries).toBe(21n)
    expect(await collect(history.entries())).toEqual(made.entries)
    for (const entry of made.entries) expect(await history.entry(entry.number)).toEqual(entry)
    expect((await history.segments()).map(({ epoch }) => epoch)).toEqual([0, 2])
  })

  test('an epoch without a segment ends the stream earlier', async () => {
    const made = await plainHistory(6)
    made.openEpoch(27n)
    await made.publish()
    const { history } = await opened(made)
    expect(history.getHeader()).toMatchObject({ totalEntries: 27n })
    expect(await collect(history.entries())).toEqual(made.entries)
    made.openEpoch(0n)
    await made.publish()
    expect((await history.refresh()).totalEntries).toBe(0n)
    expect(await collect(history.entries())).toEqual([])
  })

  test('by a lookup, a few more bundles', async () => {
    const made = await plainHistory(1300)
    made.openEpoch(900n)
    for (let i = 0; i < 40; i++) await made.add(plain(1, `b ${i}`))
    made.openEpoch(963n)
    for (let i = 0; i < 40; i++) await made.add(plain(1, `c ${i}`))
    await made.publish()
    const { history, notices } = await opened(made)
    const reads = readsOf(made)
    for (const number of [100, 899, 900, 962, 963, 1000]) {
      expect(await history.entry(number)).toEqual(made.entries[number])
    }
    expect(reads().filter((name) => name.startsWith('tile/')).length).toBeLessThanOrEqual(4)
    expect(await collect(history.entries())).toEqual(made.entries)
    expect(await history.entry(made.next)).toBeUndefined()
    expect(notices).toEqual([])
  })

  test('blocks, batches and times by a lookup, through an epoch', async () => {
    const made = new TestHistory({ encoding: 'protobuf' })
    const some = (from: number, seed: bigint) =>
      [...generateStream({ firstBlock: BigInt(from), blocks: 1n, seed })].map((operation) => operation)
    for (let i = 0; i < 300; i++) await made.add(some(i, 1n))
    const at = made.leaves[281]
    if (at?.kind !== 'segment') throw new Error('no segment')
    made.openEpoch(at.start.number)
    await made.publish()
    const { history } = await opened(made)
    expect(await history.block(280)).toBeUndefined()
    expect((await history.block(279))?.number).toBe(279n)
    expect((await history.at(2n ** 40n))?.number).toBe(279n)
    for (let i = 280; i < 290; i++) await made.add(some(i, 1n))
    await made.publish()
    await history.refresh()
    expect((await history.block(285))?.number).toBe(285n)
    expect(await history.block(290)).toBeUndefined()
    const { history: cold } = await opened(made)
    for (const read of [history, cold]) {
      expect((await collect(read.blocks())).map(({ number }) => number)).toEqual(
        Array.from({ length: 290 }, (_, i) => BigInt(i)),
      )
      expect((await read.at(2n ** 40n))?.number).toBe(289n)
    }
  })
})

describe('a truncation while entries are read', () => {
  /** A history of 40 segments, and an iteration that has delivered some entries of it. */
  async function begun(delivered: number) {
    const made = await plainHistory(40)
    const { history } = await opened(made, { concurrency: 1, prefetchBytes: 1 })
    const running = history.entries()
    for (let i = 0; i < delivered; i++) expect((await running.next()).value).toEqual(made.entries[i])
    return { made, history, running }
  }

  test('of nothing that was delivered: what there is now follows', async () => {
    const { made, history, running } = await begun(5)
    made.openEpoch(90n)
    await made.add(plain(2, 'other'))
    await made.publish()
    await history.refresh()
    expect(await collect(running)).toEqual(made.entries.slice(5))
  })

  test('of what was delivered, with others in its place', async () => {
    const { made, history, running } = await begun(100)
    made.openEpoch(90n)
    for (let i = 0; i < 9; i++) await made.add(plain(20, `other ${i}`))
    await made.publish()
    await history.refresh()
    const rest: unknown[] = []
    await expect(
      (async () => {
        for await (const entry of running) rest.push(entry)
      })(),
    ).rejects.toMatchObject({ code: 'REWRITTEN', lastDelivered: 107n })
    // What is left of the run that was taken.
    expect(rest.length).toBeLessThan(9)
  })

  test('of what was delivered, and nothing in its place', async () => {
    const { made, history, running } = await begun(100)
    made.openEpoch(90n)
    await made.publish()
    await history.refresh()
    await expect(collect(running)).rejects.toThrow(TruncatedError)
  })

  test('of segments, but not of entries that were delivered', async () => {
    const { made, history, running } = await begun(99)
    const same = made.entries.slice(90, 99)
    const before = made.entries.slice(0, 99)
    made.openEpoch(90n)
    await made.add([same, ...plain(2, 'other')])
    await made.publish()
    await history.refresh()
    expect(await collect(running)).toEqual(made.entries.slice(99))
    expect(made.entries.slice(0, 99)).toEqual(before)
  })

  test('an end that was asked for and is gone', async () => {
    const made = await plainHistory(40)
    const { history } = await opened(made, { concurrency: 1, prefetchBytes: 1 })
    const running = history.entries({ to: 300 })
    await running.next()
    made.openEpoch(90n)
    await made.publish()
    await history.refresh()
    await expect(collect(running)).rejects.toMatchObject({ code: 'TO_NOT_FOUND' })
  })
})

test('blocks of a history that goes on', async () => {
  const made = await historyOfBlocks(3, 20)
  const { history } = await opened(made)
  expect((await history.block(59))?.number).toBe(59n)
  await made.add([...generateStream({ firstBlock: 60n, blocks: 20n })])
  await made.publish()
  expect(await history.block(60)).toBeUndefined()
  await history.refresh()
  expect((await history.block(60))?.number).toBe(60n)
})

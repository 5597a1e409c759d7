import { expect, test } from 'vitest'
import { verifyStream } from '../src/check.ts'
import type { StreamStore } from '../src/index.ts'
import { drain } from './damaged-files.ts'
import { commit, FILE, SharedStream } from './shared-stream.ts'

/** The last known boundary at or before each of the numbers up to `last`. */
function endsUpTo({ operationBoundaries }: StreamStore, last: number): Promise<(number | undefined)[]> {
  return Promise.all(Array.from({ length: last + 1 }, (_, number) => operationBoundaries.lastUpTo(number)))
}

test('a store that is reopened takes nothing over and keeps its records', async () => {
  const stream = new SharedStream()
  await stream.write(async (store) => {
    for (const byte of [1, 2]) await commit(store, 3, byte)
  })
  const records = stream.records()
  await using store = await stream.open()
  expect(stream.events).toEqual([])
  expect(stream.records()).toEqual(records)
  expect(await endsUpTo(store, 6)).toEqual([0, 0, 0, 3, 3, 3, 6])
})

test('a truncation inside an operation ends an operation there, with a checksum of its own', async () => {
  const stream = new SharedStream()
  await stream.write(async (store) => {
    await commit(store, 3, 1)
    await commit(store, 5, 2)
    await store.truncateFile(5n)
    expect(await endsUpTo(store, 5)).toEqual([0, 0, 0, 3, 3, 5])
    await commit(store, 2, 3)
    expect(await endsUpTo(store, 7)).toEqual([0, 0, 0, 3, 3, 5, 5, 7])
  })
  const { result } = await drain(verifyStream({ file: FILE, disk: stream.disk }))
  expect(result).toMatchObject({ damages: 0, entries: 7n, checksums: 3 })
})

test('what another program has truncated and rewritten is known by its end, and again if it goes on', async () => {
  const stream = new SharedStream()
  await stream.write(async (store) => {
    for (const byte of [1, 2, 3]) await commit(store, 3, byte)
  })
  await stream.writeElsewhere(async (store) => {
    await store.truncateFile(4n)
    await commit(store, 3, 9)
  })
  {
    await using store = await stream.open()
    expect(stream.events).toMatchObject([{ event: 'taken-over', from: { totalEntries: 3n }, to: { totalEntries: 7n } }])
    expect(await endsUpTo(store, 7)).toEqual([0, 0, 0, 3, 3, 3, 3, 7])
    const known = [0, 2, 3, 6].map((number) => store.operationBoundaries.isKnownAt(number))
    expect(await Promise.all(known)).toEqual([true, true, false, false])
  }
  await stream.writeElsewhere((store) => commit(store, 2, 8))
  await using store = await stream.open()
  expect(stream.events).toMatchObject([{ event: 'taken-over', from: { totalEntries: 3n }, to: { totalEntries: 9n } }])
  expect(await endsUpTo(store, 9)).toEqual([0, 0, 0, 3, 3, 3, 3, 3, 3, 9])
})

/** The power fails under an open store; another program goes on, and the machine is rebooted again. */
async function crashAndGoOn(stream: SharedStream, fsync: 'commit' | 'interval'): Promise<void> {
  await commit(await stream.open(fsync), 3, 1)
  stream.disk.processKilled()
  await stream.writeElsewhere((store) => commit(store, 2, 9))
  stream.disk.powerOff()
}

test('what another program wrote after a crash stays if every commit before it was durable', async () => {
  const stream = new SharedStream()
  await crashAndGoOn(stream, 'commit')
  await using store = await stream.open('commit')
  expect(stream.events.map(({ event }) => event)).toEqual(['taken-over'])
  expect(await endsUpTo(store, 5)).toEqual([0, 0, 0, 3, 3, 5])
})

test('a header ahead of the whole commits does not count if commits were not durable', async () => {
  const stream = new SharedStream()
  await crashAndGoOn(stream, 'interval')
  await using store = await stream.open('interval')
  expect(stream.events).toMatchObject([
    {
      event: 'recovered',
      from: { totalEntries: 5n },
      to: { totalEntries: 3n },
      reason: 'the header is ahead of the whole commits',
    },
  ])
  expect(store.getHeader().totalEntries).toBe(3n)
})

/** Commit an operation of entries that fill half a page each, but for the first two, which fill one whole. */
async function commitHalves(store: StreamStore, entries: number): Promise<void> {
  store.startAtomicOp()
  for (let i = 0; i < entries; i++) store.addStreamEntry(1, new Uint8Array(2 ** 19 - 17).fill(i + 1))
  await store.commitAtomicOp()
}

test('no checksum covers more than a page, and the operation boundaries are right', async () => {
  const stream = new SharedStream()
  await stream.write(async (store) => {
    await commitHalves(store, 5)
    await commit(store, 3, 9)
    expect(await endsUpTo(store, 8)).toEqual([0, 0, 0, 0, 0, 5, 5, 5, 8])
    expect(await Promise.all([0, 2, 4, 6].map((number) => store.operationBoundaries.isKnownAt(number)))).toEqual(
      Array(4).fill(true),
    )
  })
  expect(stream.records().length / 24).toBe(4)
  const file = await stream.disk.open(FILE, 'write')
  await file.write([Uint8Array.of(0xee)], 4096 + 2 ** 20 + 500)
  const { damages } = await drain(verifyStream({ file: FILE, disk: stream.disk }))
  expect(damages).toHaveLength(1)
  expect(damages[0]?.message).toContain('entries 2 to 3, ')
})

test('a truncation at the end of a page inside an operation ends an operation there', async () => {
  const stream = new SharedStream()
  await stream.write(async (store) => {
    await commitHalves(store, 5)
    await store.truncateFile(2n)
    expect(await endsUpTo(store, 2)).toEqual([0, 0, 2])
    await commit(store, 1, 7)
    expect(await endsUpTo(store, 3)).toEqual([0, 0, 2, 3])
  })
  expect((await drain(verifyStream({ file: FILE, disk: stream.disk }))).result).toMatchObject({ damages: 0 })
})

test('what another program wrote over several pages has a record for each, and no boundary of ours in it', async () => {
  const stream = new SharedStream()
  await stream.write((store) => commit(store, 3, 1))
  await stream.writeElsewhere((store) => commitHalves(store, 5))
  await using store = await stream.open()
  expect(stream.records().length / 24).toBe(4)
  expect(await endsUpTo(store, 8)).toEqual([0, 0, 0, 3, 3, 3, 3, 3, 8])
  const known = [2, 3, 5, 7].map((number) => store.operationBoundaries.isKnownAt(number))
  expect(await Promise.all(known)).toEqual([true, false, false, false])
})

test('the rest of an operation whose end another program has truncated counts as its own', async () => {
  const stream = new SharedStream()
  await stream.write(async (store) => {
    await commit(store, 3, 1)
    await commitHalves(store, 5)
  })
  await stream.writeElsewhere((store) => store.truncateFile(7n))
  await using store = await stream.open()
  expect(stream.events).toMatchObject([{ event: 'taken-over', from: { totalEntries: 3n }, to: { totalEntries: 7n } }])
  expect(await endsUpTo(store, 7)).toEqual([0, 0, 0, 3, 3, 3, 3, 7])
})

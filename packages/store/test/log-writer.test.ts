import { HEADER_PAGE_BYTES, InternalError } from '@datastreamer/format'
import { systemClock } from '@datastreamer/runtime'
import { expect, test } from 'vitest'
import { CommitLog } from '../src/commit-log/commit-log.ts'
import { readHeader } from '../src/log/header-page.ts'
import { PageBuffers } from '../src/log/page-buffers.ts'
import { commitLogPath } from '../src/log/paths.ts'
import { WritableFile } from '../src/log/stream-file.ts'
import { LogWriter } from '../src/write/log-writer.ts'
import { StateOfStore } from '../src/write/store-state.ts'
import { emptyFile } from './sim/empty-file.ts'
import { randomFrom } from './sim/random.ts'
import { SimDisk } from './sim/sim-disk.ts'
import { type DiskCall, watchedDisk } from './sim/watched-disk.ts'

const FILE = '/sim/data-stream.bin'
const COMMITS = commitLogPath(FILE)
const POINT = { totalLength: HEADER_PAGE_BYTES + 20, totalEntries: 1n }
const START = { totalLength: HEADER_PAGE_BYTES, totalEntries: 0n }

/** The writer of an empty log with one page in memory; `before` is called before its calls of the disk. */
async function writerOn(syncEach: boolean, before: (call: DiskCall) => Promise<void> | void) {
  const sim = new SimDisk(randomFrom(1))
  const disk = watchedDisk(sim, before)
  sim.put(FILE, emptyFile())
  const commitLog = await CommitLog.open(disk, COMMITS, 'create')
  const file = await disk.open(FILE, 'write')
  const writable = new WritableFile(file, await readHeader(file, FILE, {}))
  const state = new StateOfStore(systemClock)
  const buffers = new PageBuffers()
  buffers.open(HEADER_PAGE_BYTES, 0)
  const committed = writable.point
  const writer = new LogWriter({ writable, commitLog, buffers, committed, syncEach, state })
  const header = async () => readHeader(await sim.open(FILE, 'read'), FILE, {})
  return { commitLog, state, writer, header }
}

test('nothing is written once the store is broken', async () => {
  const calls: DiskCall[] = []
  const { writer, state } = await writerOn(false, (call) => void calls.push(call))
  const error = state.break(new Error('simulated'))
  calls.length = 0
  for (const work of [
    () => writer.commit(POINT),
    () => writer.spill(POINT),
    () => writer.truncate(START),
    () => writer.syncAll(),
  ]) {
    await expect(work()).rejects.toBe(error)
  }
  expect(calls.filter(({ path }) => path === FILE)).toEqual([])
})

test('a checkpoint whose sync failed may have lost records too, which a later sync does not write', async () => {
  let isFailing = false
  const { writer, commitLog, state } = await writerOn(false, ({ call, path }) => {
    if (isFailing && call === 'sync' && path === COMMITS) throw new Error('simulated')
  })
  await writer.commit(POINT)
  const flags = { open: true, everyCommitDurable: false, truncating: false, truncationChecksum: 0, bootId: '' }
  isFailing = true
  const written = commitLog.writeCheckpoint({ ...START, indexedEntries: 0n, ...flags })
  await expect(written).rejects.toThrow('simulated')
  isFailing = false
  await expect(writer.syncAll()).rejects.toMatchObject({ code: 'STORE_BROKEN' })
  expect(state.broken).toMatchObject({ code: 'STORE_BROKEN' })
})

test('a sync that waits for a failed one is not done', async () => {
  let syncs = 0
  const { writer } = await writerOn(false, ({ call, path }) => {
    if (call === 'sync' && path === FILE && ++syncs === 1) throw new Error('simulated')
  })
  const all = await Promise.allSettled([writer.syncAll(), writer.syncAll()])
  expect(all).toMatchObject(Array(2).fill({ status: 'rejected', reason: { code: 'STORE_BROKEN' } }))
  expect(syncs).toBe(1)
})

test.each([true, false])('a truncation whose sync failed; whether all before it was durable: %s', async (syncEach) => {
  let isFailing = false
  const cause = new Error('simulated')
  const { writer, state, header } = await writerOn(syncEach, ({ call, path }) => {
    if (!isFailing || call !== 'sync' || path !== FILE) return
    isFailing = false
    throw cause
  })
  await writer.commit(POINT)
  isFailing = true
  const truncated = writer.truncate(START)
  if (syncEach) {
    await expect(truncated).rejects.toMatchObject({ code: 'WRITE_FAILED', cause })
    expect(state.broken).toBeUndefined()
    expect(await header()).toMatchObject(POINT)
    await writer.truncate(START)
    expect(await header()).toMatchObject(START)
  } else {
    // The sync may have lost commits too, and a later one would not write them.
    await expect(truncated).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', cause })
    expect(state.broken).toMatchObject({ code: 'STORE_BROKEN' })
  }
})

test('a write ahead that fails is reported, and nothing counts as written', async () => {
  const cause = new Error('simulated')
  const { writer } = await writerOn(false, ({ call, path, position = 0 }) => {
    if (call === 'write' && path === FILE && position >= HEADER_PAGE_BYTES) throw cause
  })
  await expect(writer.spill(POINT)).rejects.toMatchObject({ code: 'WRITE_FAILED', cause })
  expect(writer.written).toBe(HEADER_PAGE_BYTES)
})

test('counts the syncs of the stream file', async () => {
  let syncs = 0
  const { writer } = await writerOn(true, ({ call, path }) => {
    if (call === 'sync' && path === FILE) syncs++
  })
  await writer.commit(POINT)
  await writer.syncAll()
  expect(writer.syncs).toBe(3)
  expect(syncs).toBe(3)
})

test('a commit point before what is written is refused, and nothing is written', async () => {
  const { writer, header } = await writerOn(true, () => {})
  await writer.commit(POINT)
  const back = writer.commit(START)
  await expect(back).rejects.toThrow(InternalError)
  expect(await header()).toMatchObject(POINT)
})

import { expect, test } from 'vitest'
import { openStore, type StreamStore } from '../src/index.ts'
import { readHeader } from '../src/log/header-page.ts'
import { WritableFile } from '../src/log/stream-file.ts'
import { emptyFile } from './sim/empty-file.ts'
import { randomFrom } from './sim/random.ts'
import { readAll } from './sim/read-all.ts'
import { SimDisk } from './sim/sim-disk.ts'
import { SimIndex } from './sim/sim-index.ts'
import { watchedDisk } from './sim/watched-disk.ts'

const FILE = '/sim/data-stream.bin'

async function commit(store: StreamStore, ...bytes: readonly number[]): Promise<unknown> {
  store.startAtomicOp()
  for (const byte of bytes) store.addStreamBookmark(Uint8Array.of(byte))
  return store.commitAtomicOp()
}

test('a store that is opened on a full disk after a crash ends where it would if there were room', async () => {
  const sim = new SimDisk(randomFrom(1))
  sim.put(FILE, emptyFile())
  let isFull = false
  const disk = watchedDisk(sim, ({ call }) => {
    if (isFull && call === 'write') throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
  })
  const options = { file: FILE, fileCheckMs: 0, disk, index: new SimIndex() }
  const crashed = await openStore(options)
  await commit(crashed, 1, 2)
  await commit(crashed, 3)
  // Torn: the length of the last commit, the number of the one before.
  const file = await sim.open(FILE, 'write')
  const header = await readHeader(file, FILE, {})
  await new WritableFile(file, header).writeHeader({ ...header, totalEntries: 2n })
  await file.sync()
  sim.powerOff(true)

  isFull = true
  await using store = await openStore({ ...options, reopenDelayMs: () => 1 })
  expect(store.state.t).not.toBe('open')
  expect(store.getHeader()).toMatchObject({ totalLength: header.totalLength, totalEntries: 3n })
  expect((await readAll(store.log)).map(({ data }) => data[0])).toEqual([1, 2, 3])
  expect((await readHeader(file, FILE, {})).totalEntries).toBe(2n)
  isFull = false
  await expect.poll(() => store.state.t, { interval: 1 }).toBe('open')
  expect(await commit(store, 4)).toEqual({ firstEntry: 3n, nextEntry: 4n })
  expect((await readAll(store.log)).map(({ data }) => data[0])).toEqual([1, 2, 3, 4])
})

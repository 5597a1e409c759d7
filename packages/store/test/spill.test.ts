import { tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { verifyStream } from '../src/check.ts'
import { openStore } from '../src/index.ts'
import { drain } from './damaged-files.ts'
import { gatedDisk, standstill } from './gated-disk.ts'
import { readAll } from './sim/read-all.ts'

test('an operation that is rolled back while it is spilled leaves nothing in the next one', async () => {
  using dir = tempDir()
  const file = dir.join('stream.bin')
  {
    const { gate, disk } = gatedDisk()
    await using store = await openStore({ file, disk, fsync: 'never', spillBytes: 2 ** 20 })
    const begun = standstill()
    const released = standstill()
    gate.beforeWrite = async () => {
      begun.resolve()
      await released.promise
    }
    store.startAtomicOp()
    for (let i = 0; i < 6; i++) store.addStreamEntry(1, new Uint8Array(500_000).fill(1))
    await begun.promise
    store.rollbackAtomicOp()
    store.startAtomicOp()
    for (let i = 0; i < 6; i++) store.addStreamEntry(2, new Uint8Array(500_000).fill(2))
    released.resolve()
    await store.commitAtomicOp()
  }
  const { result } = await drain(verifyStream({ file }))
  expect(result).toMatchObject({ damages: 0, entries: 6n, checksums: 3 })
  await using store = await openStore({ file })
  expect((await readAll(store.log)).map(({ type, data }) => [type, data[0]])).toEqual(Array(6).fill([2, 2]))
})

test('an operation gets room, however soon it fills memory after a commit', async () => {
  using dir = tempDir()
  await using store = await openStore({ file: dir.join('stream.bin'), fsync: 'never', spillBytes: 1024 })
  for (let turns = 0; turns < 30; turns++) {
    store.startAtomicOp()
    store.addStreamEntry(1, new Uint8Array(100))
    await store.commitAtomicOp()
    for (let i = 0; i < turns; i++) await null
    store.startAtomicOp()
    for (let i = 0; i < 3; i++) store.addStreamEntry(1, new Uint8Array(1_000_000))
    await store.writable()
    store.rollbackAtomicOp()
  }
  expect(store.getHeader().totalEntries).toBe(30n)
})

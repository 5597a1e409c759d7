import { truncateSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { encodeEntry, encodeResult, MAX_ENTRY_DATA_BYTES, pageStart } from '@datastreamer/format'
import { turns } from '@datastreamer/runtime/testing'
import { openStore, type StreamStore } from '@datastreamer/store'
import { concat } from '@datastreamer/store/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { TestServer } from './tcp-client.ts'

const folder = tempDir()
afterAll(() => folder[Symbol.dispose]())

const OK = encodeResult(0)
const TYPE = 1
const FULL_PAGES = 2

/** Commit entries of one byte repeated; gives them as they go over the wire. */
async function commit(store: StreamStore, byte: number, ...lengths: readonly number[]): Promise<Uint8Array> {
  store.startAtomicOp()
  const entries = lengths.map((length) => {
    const data = new Uint8Array(length).fill(byte)
    return encodeEntry({ type: TYPE, number: store.addStreamEntry(TYPE, data), data })
  })
  await store.commitAtomicOp()
  return concat(entries)
}

test('where all pages that the file has are exactly full, a reader catches up and goes live', async () => {
  const file = folder.join('full.bin')
  const sent: Uint8Array[] = []
  {
    await using store = await openStore({ file, fsync: 'never' })
    for (let page = 0; page < FULL_PAGES; page++) sent.push(await commit(store, page, MAX_ENTRY_DATA_BYTES))
  }
  truncateSync(file, pageStart(FULL_PAGES))
  // Opened again, what lies before the last page is not in memory.
  await using store = await openStore({ file, fsync: 'never' })
  await using server = await TestServer.start(store)
  using fromStart = await server.connect()
  using fromEnd = await server.connect()
  fromStart.send({ name: 'start', fromEntryNumber: 0n })
  fromEnd.send({ name: 'start', fromEntryNumber: store.getHeader().totalEntries })
  const expected = concat([OK, ...sent])
  expect(Buffer.compare(await fromStart.read(expected.length), expected)).toBe(0)
  expect(await fromEnd.read(OK.length)).toEqual(OK)
  for (const byte of [8, 9]) {
    const operation = await commit(store, byte, 100, 100)
    expect(await fromStart.read(operation.length)).toEqual(operation)
    expect(await fromEnd.read(operation.length)).toEqual(operation)
  }
})

describe('what lies after the commit point is sent to nobody', () => {
  const left: Readonly<Record<string, (store: StreamStore) => Promise<void>>> = {
    'by an operation that was rolled back': async (store) => {
      store.startAtomicOp()
      // Enough that a part of it goes to disk before.
      for (let i = 0; i < 4; i++) store.addStreamEntry(TYPE, new Uint8Array(MAX_ENTRY_DATA_BYTES).fill(7))
      await store.writable()
      store.rollbackAtomicOp()
    },
    'by a truncation': async (store) => {
      await commit(store, 7, 100, 100, 100)
      await store.truncateFile(store.getHeader().totalEntries - 3n)
    },
    'by an operation that is open': async (store) => {
      store.startAtomicOp()
      store.addStreamEntry(TYPE, new Uint8Array(100).fill(7))
    },
  }

  test.each(Object.entries(left))('%s', async (name, leave) => {
    const file = folder.join(`${name.replaceAll(' ', '-')}.bin`)
    await using store = await openStore({ file, fsync: 'never', spillBytes: 1024 })
    const before = await commit(store, 1, 100, 100)
    await leave(store)
    await using server = await TestServer.start(store)
    using fromStart = await server.connect()
    using fromEnd = await server.connect()
    fromStart.send({ name: 'start', fromEntryNumber: 0n })
    fromEnd.send({ name: 'start', fromEntryNumber: 2n })
    expect(await fromStart.read(OK.length + before.length)).toEqual(concat([OK, before]))
    expect(await fromEnd.read(OK.length)).toEqual(OK)
    // What was left had other bytes than the next operation.
    await turns()
    if (name.endsWith('open')) store.rollbackAtomicOp()
    const operation = await commit(store, 2, 50, 60)
    for (const client of [fromStart, fromEnd]) expect(await client.read(operation.length)).toEqual(operation)
  })
})

import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { tempDir } from '@datastreamer/fixtures'
import { expect, test, vi } from 'vitest'
import { openStore, type StoreEvent, type StoreOptions, type StreamStore } from '../src/index.ts'
import { CountingDisk } from './counting-disk.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))

async function openIn(dir: { join(name: string): string }, options: Partial<StoreOptions> = {}): Promise<StreamStore> {
  return openStore({ file: dir.join('data-stream.bin'), fsync: 'never', ...options })
}

test('another store of the same file is refused, also a second process', async () => {
  using dir = tempDir()
  await using store = await openIn(dir)
  await expect(openIn(dir)).rejects.toMatchObject({ code: 'LOCKED' })
  expect(store.getHeader().totalEntries).toBe(0n)
})

test('another store of the same file is refused, under any name', async () => {
  using dir = tempDir()
  const opened = await openIn(dir)
  symlinkSync(dir.join('data-stream.bin'), dir.join('link.bin'))
  await expect(openStore({ file: dir.join('link.bin') })).rejects.toMatchObject({ code: 'LOCKED' })
  await opened.close()
  const linked = await openStore({ file: dir.join('link.bin') })
  await expect(openIn(dir)).rejects.toMatchObject({ code: 'LOCKED' })
  linked.startAtomicOp()
  linked.addStreamBookmark(hex('08021005'))
  await linked.commitAtomicOp()
  await linked.close()
  await using again = await openIn(dir)
  expect(await again.getBookmark(hex('08021005'))).toBe(0n)
})

test('the index may lie elsewhere, through a link', async () => {
  using dir = tempDir()
  mkdirSync(dir.join('elsewhere'))
  symlinkSync(dir.join('elsewhere'), dir.join('data-stream.db'))
  await using store = await openIn(dir)
  expect(store.getHeader().totalEntries).toBe(0n)
  expect(readdirSync(dir.join('elsewhere'))).toContain('CURRENT')
  await expect(openIn(dir)).rejects.toMatchObject({ code: 'LOCKED' })
})

test('a file that is not such a stream is refused, and nothing is made beside it', async () => {
  using dir = tempDir()
  const file = dir.join('data-stream.bin')
  const open = async (options: Partial<StoreOptions> = {}): Promise<void> => (await openIn(dir, options)).close()
  writeFileSync(file, 'no stream')
  await expect(open()).rejects.toMatchObject({ name: 'DamageError' })
  expect(readdirSync(dir.path)).toEqual(['data-stream.bin'])
  rmSync(file)
  await open({ systemId: 7n })
  for (const name of ['data-stream.db', 'data-stream.commits']) rmSync(dir.join(name), { recursive: true })
  for (const other of [{ systemId: 8n }, { version: 3 }, { generation: 2 }] as const) {
    await expect(open(other)).rejects.toMatchObject({ code: 'STREAM_DIFFERS' })
  }
  await expect(open({ streamType: 8n })).rejects.toMatchObject({ code: 'WRONG_STREAM_TYPE' })
  expect(readdirSync(dir.path)).toEqual(['data-stream.bin'])
  rmSync(file)
  mkdirSync(file)
  await expect(open()).rejects.toMatchObject({ code: 'NOT_A_FILE' })
  expect(readdirSync(dir.path)).toEqual(['data-stream.bin'])
})

test('a damaged index is rebuilt from the log while serving', async () => {
  using dir = tempDir()
  {
    await using store = await openIn(dir)
    store.startAtomicOp()
    store.addStreamEntry(1, hex('00'))
    store.addStreamBookmark(hex('0b'))
    await store.commitAtomicOp()
  }
  writeFileSync(join(dir.join('data-stream.db'), 'CURRENT'), 'no manifest\n')
  const events: StoreEvent[] = []
  await using store = await openIn(dir, { onEvent: (event) => events.push(event) })
  expect(events).toMatchObject([{ event: 'index-damaged', error: { code: 'INDEX_CORRUPT' } }])
  expect(await store.index.get(hex('0b'))).toBe(1)
  await vi.waitFor(() => expect(events.slice(1)).toMatchObject([{ event: 'index-rebuilt', entries: 2n }]), 60_000)
  expect(await store.index.get(hex('0b'))).toBe(1)
})

test.each(['data-stream.bin', 'link.bin'])('%s is released if it cannot be opened', async (name) => {
  using dir = tempDir()
  await (await openIn(dir)).close()
  symlinkSync(dir.join('data-stream.bin'), dir.join('link.bin'))
  // Otherwise the answer would be right.
  rmSync(dir.join('data-stream.commits'))
  const file = openSync(dir.join('data-stream.bin'), 'r+')
  const totalEntries = 16 + 30
  writeSync(file, Uint8Array.of(1), 0, 1, totalEntries + 7)
  const counting = new CountingDisk()
  const open = (file: string): Promise<StreamStore> => openStore({ file: dir.join(file), disk: counting.disk })
  await expect(open(name)).rejects.toMatchObject({ code: 'ENTRIES_MISMATCH' })
  expect(counting.filesOpen).toBe(0)
  writeSync(file, Uint8Array.of(0), 0, 1, totalEntries + 7)
  closeSync(file)
  await (await open('data-stream.bin')).close()
  expect(counting.filesOpen).toBe(0)
})

test('a file with an incomplete page is repaired', async () => {
  using dir = tempDir()
  const events: string[] = []
  const file = dir.join('data-stream.bin')
  await (await openIn(dir)).close()
  truncateSync(file, 4096 + 1_048_576 + 77)
  await using store = await openIn(dir, { onEvent: ({ event }) => events.push(event) })
  expect(events).toContain('repaired')
  expect((statSync(file).size - 4096) % 1_048_576).toBe(0)
  expect(store.getHeader().totalEntries).toBe(0n)
})

import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { findBookmark } from '../src/bookmarks/find-bookmark.ts'
import { openStore, type StreamStore } from '../src/index.ts'
import { RECORD_BYTES } from '../src/store/commit-record.ts'
import { verify } from './damaged-files.ts'

// What lies beside a stream: files of the operator, of another stream, of an earlier time, and spoilt ones.

async function commit(store: StreamStore, ...bytes: readonly number[]): Promise<void> {
  for (const byte of bytes) {
    store.startAtomicOp()
    store.addStreamBookmark(Uint8Array.of(byte))
    await store.commitAtomicOp()
  }
}

/** Make a stream with a bookmark for each byte, an operation each. */
async function make(file: string, ...bytes: readonly number[]): Promise<void> {
  await using store = await openStore({ file })
  await commit(store, ...bytes)
  await store.close()
}

/** Flip bits of a byte. */
function flip(file: string, position: number): void {
  const bytes = readFileSync(file)
  bytes[position] = (bytes[position] ?? 0) ^ 0xff
  writeFileSync(file, bytes)
}

/** Let record `index` of a commit log be one that cannot be read. */
function spoilRecord(file: string, index: number): void {
  flip(file, 4096 + index * RECORD_BYTES + 1)
}

test.each(['new', 'update', 'commits'])('a stream that is named *.%s is refused, and stays', async (extension) => {
  using dir = tempDir()
  await make(dir.join('a.bin'), 1)
  const file = dir.join(`x.${extension}`)
  cpSync(dir.join('a.bin'), file)
  const before = readFileSync(file)
  await expect(openStore({ file })).rejects.toMatchObject({ code: 'RESERVED_NAME' })
  expect(readFileSync(file).equals(before)).toBe(true)
})

test.each([
  ['update', 'IN_THE_WAY'],
  ['commits', 'BAD_MAGIC'],
])('another file in the place of *.%s is not touched', async (extension, code) => {
  using dir = tempDir()
  await make(dir.join('a.bin'), 1)
  const other = dir.join(`a.${extension}`)
  rmSync(other, { force: true })
  cpSync(dir.join('a.bin'), other)
  const before = readFileSync(other)
  await expect(openStore({ file: dir.join('a.bin') })).rejects.toMatchObject({ code })
  expect(readFileSync(other).equals(before)).toBe(true)
})

test('another file in the place of the one that is being made is not touched', async () => {
  using dir = tempDir()
  await make(dir.join('other.bin'), 1)
  renameSync(dir.join('other.bin'), dir.join('a.new'))
  const before = readFileSync(dir.join('a.new'))
  await expect(openStore({ file: dir.join('a.bin') })).rejects.toMatchObject({ code: 'IN_THE_WAY' })
  expect(readFileSync(dir.join('a.new')).equals(before)).toBe(true)
})

test('a stream of the same name but for its extension cannot be begun beside one that is served', async () => {
  using dir = tempDir()
  await using served = await openStore({ file: dir.join('a.bin') })
  await commit(served, 1, 2)
  const commits = readFileSync(dir.join('a.commits'))
  await expect(openStore({ file: dir.join('a.dat') })).rejects.toMatchObject({ code: 'LOCKED' })
  expect(readFileSync(dir.join('a.commits')).equals(commits)).toBe(true)
  await commit(served, 3)
})

test('an index of an earlier time is caught up when it is opened', async () => {
  using dir = tempDir()
  const file = dir.join('a.bin')
  await make(file, 1, 2)
  cpSync(dir.join('a.db'), dir.join('kept'), { recursive: true })
  await make(file, 3, 4)
  rmSync(dir.join('a.db'), { recursive: true })
  renameSync(dir.join('kept'), dir.join('a.db'))
  await using store = await openStore({ file })
  for (const [number, byte] of [1, 2, 3, 4].entries()) {
    expect(await findBookmark(store.log, store.index, Uint8Array.of(byte))).toBe(BigInt(number))
  }
})

test('a torn header costs no durable commit, also if a record before it cannot be read', async () => {
  using dir = tempDir()
  const [file, died] = [dir.join('a.bin'), dir.join('died')]
  {
    await using store = await openStore({ file })
    await commit(store, 1, 2, 3, 4, 5, 6)
    cpSync(file, `${died}.bin`)
    cpSync(dir.join('a.commits'), `${died}.commits`)
    await store.close()
  }
  // The lowest byte of the number of entries.
  flip(`${died}.bin`, 16 + 30 + 7)
  spoilRecord(`${died}.commits`, 2)
  await using store = await openStore({ file: `${died}.bin` })
  expect(store.log.header.totalEntries).toBe(6n)
})

test('a truncation behind a record that cannot be read keeps what is right from being taken for damage', async () => {
  using dir = tempDir()
  const file = dir.join('a.bin')
  await make(file, 1, 2, 3, 4, 5, 6, 7, 8)
  {
    await using store = await openStore({ file })
    spoilRecord(dir.join('a.commits'), 3)
    await store.truncateFile(7n)
    await commit(store, 9)
    await store.close()
  }
  expect(await verify(file)).toMatchObject({ damages: [] })
})

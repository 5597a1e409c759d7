import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import type { EntrySource } from '@datastreamer/format'
import { expect, test } from 'vitest'
import { findBookmark } from '../src/bookmarks/find-bookmark.ts'
import { openLevelIndex } from '../src/bookmarks/level-index.ts'
import { planRecovery, planTruncation, recoverStream, reindexStream, replaceDamaged } from '../src/check.ts'
import { CommitLog } from '../src/commit-log/commit-log.ts'
import { RECORD_BYTES } from '../src/commit-log/commit-record.ts'
import { nodeDisk } from '../src/disk/node-disk.ts'
import { openStore, type StreamStore } from '../src/index.ts'
import { drain, verify } from './damaged-files.ts'

// Files beside a stream: files of the operator, of another stream, old ones, and damaged ones.

async function commit(store: StreamStore, ...bytes: readonly number[]): Promise<void> {
  for (const byte of bytes) {
    store.startAtomicOp()
    store.addStreamBookmark(Uint8Array.of(byte))
    await store.commitAtomicOp()
  }
}

/** Make a stream with an operation of one bookmark for each byte. */
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

/** Make record `index` of a commit log unreadable. */
function spoilRecord(file: string, index: number): void {
  flip(file, 4096 + index * RECORD_BYTES + 1)
}

/** Make a commit log an old one, without an owner. */
async function forgetOwner(file: string): Promise<void> {
  const commitLog = await CommitLog.open(nodeDisk, file, 'write')
  if (commitLog.checkpoint !== undefined) await commitLog.writeCheckpoint(commitLog.checkpoint)
  await commitLog.close()
}

test.each(['new', 'update', 'commits'])(
  'a stream that is named *.%s is refused, and left as it is',
  async (extension) => {
    using dir = tempDir()
    await make(dir.join('a.bin'), 1)
    const file = dir.join(`x.${extension}`)
    cpSync(dir.join('a.bin'), file)
    const before = readFileSync(file)
    await expect(openStore({ file })).rejects.toMatchObject({ code: 'RESERVED_NAME' })
    expect(readFileSync(file).equals(before)).toBe(true)
  },
)

test.each([
  ['update', 'IN_THE_WAY'],
  ['commits', 'BAD_MAGIC'],
])('another file with the name *.%s is not touched', async (extension, code) => {
  using dir = tempDir()
  await make(dir.join('a.bin'), 1)
  const other = dir.join(`a.${extension}`)
  rmSync(other, { force: true })
  cpSync(dir.join('a.bin'), other)
  const before = readFileSync(other)
  await expect(openStore({ file: dir.join('a.bin') })).rejects.toMatchObject({ code })
  expect(readFileSync(other).equals(before)).toBe(true)
})

test('another file with the name of the one that is being made is not touched', async () => {
  using dir = tempDir()
  await make(dir.join('other.bin'), 1)
  renameSync(dir.join('other.bin'), dir.join('a.new'))
  const before = readFileSync(dir.join('a.new'))
  await expect(openStore({ file: dir.join('a.bin') })).rejects.toMatchObject({ code: 'IN_THE_WAY' })
  expect(readFileSync(dir.join('a.new')).equals(before)).toBe(true)
})

test('a stream whose name differs only in the extension cannot be made next to one that is served', async () => {
  using dir = tempDir()
  await using served = await openStore({ file: dir.join('a.bin') })
  await commit(served, 1, 2)
  const commits = readFileSync(dir.join('a.commits'))
  await expect(openStore({ file: dir.join('a.dat') })).rejects.toMatchObject({ code: 'IN_THE_WAY' })
  expect(readFileSync(dir.join('a.commits')).equals(commits)).toBe(true)
  await forgetOwner(dir.join('a.commits'))
  const forgotten = readFileSync(dir.join('a.commits'))
  await expect(openStore({ file: dir.join('a.dat') })).rejects.toMatchObject({ code: 'LOCKED' })
  expect(readFileSync(dir.join('a.commits')).equals(forgotten)).toBe(true)
  await commit(served, 3)
})

/** Two streams whose names differ only in the extension; the first one owns the commit log and the index. */
async function makeTwo(dir: ReturnType<typeof tempDir>): Promise<{ readonly first: string; readonly other: string }> {
  await make(dir.join('a.bin'), 1, 2, 3)
  await make(dir.join('elsewhere.bin'), 4, 5)
  cpSync(dir.join('elsewhere.bin'), dir.join('a.dat'))
  return { first: dir.join('a.bin'), other: dir.join('a.dat') }
}

const WAYS: [string, (file: string) => Promise<unknown>][] = [
  ['opening', (file) => openStore({ file })],
  ['verify', (file) => verify(file)],
  ['recover', (file) => drain(planRecovery({ file }))],
  ['truncate', (file) => planTruncation({ file, entry: 0n })],
  ['reindex', (file) => reindexStream({ file })],
]
test.each(WAYS)(
  '%s refuses a stream whose commit log is that of another, also where neither is served',
  async (_, way) => {
    using dir = tempDir()
    const { first, other } = await makeTwo(dir)
    const before = [readFileSync(dir.join('a.commits')), readFileSync(other)]
    await expect(way(other)).rejects.toMatchObject({
      code: 'IN_THE_WAY',
      message: expect.stringMatching(
        /a\.commits is the commit log of .*a\.bin, not of .*a\.dat.*mv .*a\.dat .*a-2\.dat/s,
      ),
    })
    expect(readFileSync(dir.join('a.commits')).equals(before[0] as Buffer)).toBe(true)
    expect(readFileSync(other).equals(before[1] as Buffer)).toBe(true)
    await make(first, 6)
    expect((await verify(first)).damages).toEqual([])
    // As the error advises.
    renameSync(other, dir.join('a-2.dat'))
    await make(dir.join('a-2.dat'), 7)
  },
)

test('a planned recovery locks the index, and a stream next to it is refused', async () => {
  using dir = tempDir()
  const { first, other } = await makeTwo(dir)
  flip(first, 4096 + 17)
  const { result } = await drain(planRecovery({ file: first }))
  if (result === undefined) throw new Error('nothing to recover')
  const { result: plan } = await drain(planRecovery({ file: dir.join('elsewhere.bin') }))
  expect(plan).toBeUndefined()
  let beside: unknown
  const source: EntrySource = {
    name: 'elsewhere',
    getHeader: () => result.header,
    entries: () => {
      throw new Error('batches are read')
    },
    async *batches() {
      beside = await openLevelIndex({ folder: dir.join('a.db'), createIfMissing: false }).catch(
        (error: unknown) => error,
      )
      yield []
    },
  }
  await expect(replaceDamaged(result, source)).rejects.toMatchObject({ code: 'SOURCE_DIFFERS' })
  expect(beside).toMatchObject({ code: 'LOCKED' })
  await expect(recoverStream({ ...result, file: other, header: result.header })).rejects.toThrow()
})

test('a new stream is not made if the commit log belongs to another', async () => {
  using dir = tempDir()
  await make(dir.join('a.bin'), 1, 2)
  const commits = readFileSync(dir.join('a.commits'))
  await expect(openStore({ file: dir.join('a.dat') })).rejects.toMatchObject({ code: 'IN_THE_WAY' })
  expect(readdirSync(dir.join('.')).sort()).toEqual(['a.bin', 'a.commits', 'a.db'])
  expect(readFileSync(dir.join('a.commits')).equals(commits)).toBe(true)
})

test.each([
  ['another name', 'b.bin'],
  ['another extension', 'a.dat'],
  ['both', 'b.dat'],
  ['no extension', 'b'],
])('a stream gets %s together with the files beside it, and back', async (_, name) => {
  using dir = tempDir()
  await make(dir.join('a.bin'), 1, 2, 3)
  const renamed = (from: string, to: string): void => {
    const stem = (file: string): string => file.replace(/\.\w+$/, '')
    renameSync(dir.join(from), dir.join(to))
    if (stem(from) === stem(to)) return
    for (const extension of ['.commits', '.db'])
      renameSync(dir.join(stem(from) + extension), dir.join(stem(to) + extension))
  }
  const events: string[] = []
  renamed('a.bin', name)
  {
    await using store = await openStore({ file: dir.join(name), onEvent: ({ event }) => events.push(event) })
    await commit(store, 4)
    await store.close()
  }
  renamed(name, 'a.bin')
  await (await openStore({ file: dir.join('a.bin'), onEvent: ({ event }) => events.push(event) })).close()
  expect(events).toEqual([])
  expect((await verify(dir.join('a.bin'))).result).toMatchObject({ damages: 0, checksums: 4 })
})

test('a folder that has the former name of a stream owns nothing', async () => {
  using dir = tempDir()
  await make(dir.join('a'), 1, 2)
  renameSync(dir.join('a'), dir.join('a.bin'))
  mkdirSync(dir.join('a'))
  await make(dir.join('a.bin'), 3)
  expect((await verify(dir.join('a.bin'))).result).toMatchObject({ damages: 0, checksums: 3 })
})

test('a folder that was moved, a link to a stream, and an old commit log are accepted', async () => {
  using dir = tempDir()
  mkdirSync(dir.join('x'))
  await make(dir.join('x/a.bin'), 1, 2)
  renameSync(dir.join('x'), dir.join('y'))
  await make(dir.join('y/a.bin'), 3)
  // The stream has two names.
  symlinkSync('a.bin', dir.join('y/a.stream'))
  await make(dir.join('y/a.stream'), 4)
  await make(dir.join('y/a.bin'), 5)
  await forgetOwner(dir.join('y/a.commits'))
  cpSync(dir.join('y/a.bin'), dir.join('y/a.old'))
  expect((await verify(dir.join('y/a.bin'))).damages).toEqual([])
  await make(dir.join('y/a.bin'), 6)
  await expect(openStore({ file: dir.join('y/a.old') })).rejects.toMatchObject({ code: 'IN_THE_WAY' })
})

test('an old index catches up when it is opened', async () => {
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

test('a torn header costs no durable commit, even if a record before it cannot be read', async () => {
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

test('a truncation after a record that cannot be read does not make good bytes count as damage', async () => {
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
  expect((await verify(file)).damages.map(({ code }) => code)).toEqual(['NO_CHECKSUM'])
})

import { join } from 'node:path'
import { hasVectors, readVector, tempDir, unpackTar } from '@datastreamer/fixtures'
import { BOOKMARK_TYPE, decodeHeaderPage } from '@datastreamer/format'
import { describe, expect, test } from 'vitest'
import { bookmarkFolder } from '../../src/bookmarks/bookmark-folder.ts'
import { findBookmark, firstEventAfter, scanForBookmark } from '../../src/bookmarks/find-bookmark.ts'
import { followLog } from '../../src/bookmarks/follow-log.ts'
import { openLevelIndex } from '../../src/bookmarks/level-index.ts'
import { catchUpIndex, rebuildIndex } from '../../src/bookmarks/rebuild-index.ts'
import { indexedUpTo, scanBookmarks } from '../../src/bookmarks/scan.ts'
import { PageBuffers } from '../../src/log/page-buffers.ts'
import { StreamLog } from '../../src/log/stream-log.ts'
import { bookmark, event, fileOf, key, LogInMemory } from './log-in-memory.ts'

function logWithBookmarks(count: number): LogInMemory {
  return new LogInMemory(Array.from({ length: count }, (_, n) => [bookmark(key(n)), event()]).flat())
}

test('an index is rebuilt from the log, with nothing of what it held', async () => {
  using dir = tempDir()
  const { log } = logWithBookmarks(100)
  const stale = await openLevelIndex({ folder: dir.path, createIfMissing: true })
  stale.put([{ key: key(1, 9), number: 1 }])
  await stale.close()
  const progress: number[] = []
  const index = await rebuildIndex(log, { folder: dir.path, onProgress: (entries) => progress.push(entries) })
  expect(progress.at(-1)).toBe(200)
  expect(await index.get(key(1, 9))).toBeUndefined()
  expect(await index.get(key(99))).toBe(198)
  expect(await catchUpIndex(log, index)).toBe(1)
  await index.close()
})

test('a scan finds bookmarks too, the last of equal ones; and not those that are not there', async () => {
  const { log } = new LogInMemory([
    ...Array.from({ length: 3000 }, (_, n) => [bookmark(key(n % 2000)), event()]).flat(),
  ])
  expect(await scanForBookmark(log, key(5))).toBe(4010n)
  expect(await scanForBookmark(log, key(1500))).toBe(3000n)
  expect(await scanForBookmark(log, key(2500))).toBeUndefined()
  await expect(scanForBookmark(log, key(1), AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
})

describe.skipIf(!hasVectors('real-stream'))('the index of a real stream', () => {
  test('holds every bookmark of the file, as does one that is built by a scan', async () => {
    using dir = tempDir()
    const path = dir.join('data-stream.bin')
    unpackTar(dir.path, 'real-stream', 'data-stream.db.tar.gz')
    const log = openLog(readVector('real-stream', 'data-stream.bin.gz'))
    const level = await openLevelIndex({ folder: bookmarkFolder(path), createIfMissing: false })
    const memory = followLog(log)

    const last = new Map<string, number>()
    await scanBookmarks(log, 0, (key, number) => last.set(Buffer.from(key).toString('hex'), number))
    const numbers = [...last.values()]
    const keys = [...last.keys()].map((hex) => Buffer.from(hex, 'hex'))
    expect(keys.length).toBe(11_420)
    expect(await Promise.all(keys.map((key) => level.get(key)))).toEqual(numbers)
    expect(await Promise.all(keys.map((key) => memory.get(key)))).toEqual(numbers)
    for (let i = 0; i < keys.length; i += 571) {
      const bookmark = keys[i] ?? Buffer.of()
      expect(await findBookmark(log, level, bookmark)).toBe(BigInt(numbers[i] ?? -1))
      expect(await scanForBookmark(log, bookmark)).toBe(BigInt(numbers[i] ?? -1))
    }
    await level.close()
    await memory.close()
  })
})

interface StreamFacts {
  readonly bookmarks: Readonly<Record<string, number>>
}

const STREAMS = [
  'v02-basic',
  'v03-page-padding',
  'v06b-rollback-then-more',
  'v07b-truncate-then-more',
  'v09-uncommitted',
]

describe.skipIf(!hasVectors('stream'))('indexes that a Go server has left', () => {
  test.each(STREAMS)('%s', async (name) => {
    using dir = tempDir()
    unpackTar(dir.path, 'stream', `${name}.db.tar.gz`)
    const facts = JSON.parse(Buffer.from(readVector('stream', `${name}.json`)).toString()) as StreamFacts
    const log = openLog(readVector('stream', `${name}.bin.gz`))
    const committed = new Map<string, number>()
    await scanBookmarks(log, 0, (key, number) => committed.set(Buffer.from(key).toString('hex'), number))

    const folder = join(dir.path, 'stream.db')
    const raw = await openLevelIndex({ folder, createIfMissing: false })
    expect(await indexedUpTo(log, raw)).toBe(Math.max(-1, ...committed.values()) + 1)
    for (const [hex, number] of Object.entries(facts.bookmarks)) {
      const bytes = Buffer.from(hex, 'hex')
      expect(await raw.get(bytes), 'as the Go server wrote it').toBe(number)
      const expected = committed.get(hex)
      expect(await findBookmark(log, raw, bytes)).toBe(expected === undefined ? undefined : BigInt(expected))
      expect(await raw.get(bytes), 'repaired').toBe(expected)
      if (expected === undefined) continue
      const event = await firstEventAfter(log, BigInt(expected))
      expect(event?.type).not.toBe(BOOKMARK_TYPE)
    }
    await raw.close()
  })
})

function openLog(bytes: Uint8Array): StreamLog {
  return new StreamLog({
    file: fileOf(() => bytes),
    path: 'recorded.bin',
    header: decodeHeaderPage(bytes.subarray(0, 4096)),
    buffers: new PageBuffers(),
  })
}

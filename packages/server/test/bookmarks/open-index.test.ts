import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hasVectors, readVector, tempDir, unpackTar } from '@datastreamer/fixtures'
import { BOOKMARK_TYPE, decodeHeaderPage } from '@datastreamer/format'
import { describe, expect, test } from 'vitest'
import { findBookmark, firstEventAfter } from '../../src/bookmarks/find-bookmark.ts'
import { openLevelIndex } from '../../src/bookmarks/level-index.ts'
import { catchUpIndex, openIndexFor, rebuildIndex } from '../../src/bookmarks/open-index.ts'
import { indexedUpTo, scanBookmarks } from '../../src/bookmarks/scan.ts'
import { nodeDisk } from '../../src/disk/node-disk.ts'
import { PageBuffers } from '../../src/log/page-buffers.ts'
import { StreamLog } from '../../src/log/stream-log.ts'
import { bookmark, event, fileOf, key, LogInMemory } from './log-in-memory.ts'

function logWithBookmarks(count: number): LogInMemory {
  return new LogInMemory(Array.from({ length: count }, (_, n) => [bookmark(key(n)), event()]).flat())
}

describe('openIndexFor', () => {
  test('scans where there is no index, and makes none', async () => {
    using dir = tempDir()
    const { log } = logWithBookmarks(3)
    const opened = await openIndexFor(log, { path: dir.join('data-stream.bin') })
    expect(opened).toMatchObject({ kind: 'memory', reason: 'missing', scanned: 6 })
    expect(await findBookmark(log, opened.index, key(2))).toBe(4n)
    await opened.index.close()
    expect(await nodeDisk.exists(dir.join('data-stream.db'))).toBe(false)
  })

  test('uses the index that is there, and lets it catch up', async () => {
    using dir = tempDir()
    const path = dir.join('data-stream.bin')
    const test = logWithBookmarks(2000)
    await (await rebuildIndex(test.log, { folder: dir.join('data-stream.db') })).close()
    test.commit(bookmark(key(5000)), event())
    const opened = await openIndexFor(test.log, { path })
    expect(opened.kind).toBe('level')
    expect(opened.reason).toBeUndefined()
    expect(opened.scanned).toBeLessThan(1100)
    expect(await findBookmark(test.log, opened.index, key(5000))).toBe(4000n)
    expect(await findBookmark(test.log, opened.index, key(1234))).toBe(2468n)

    const second = await openIndexFor(test.log, { path })
    expect(second).toMatchObject({ kind: 'memory', reason: 'locked' })
    await second.index.close()
    await opened.index.close()

    const third = await openIndexFor(test.log, { path, readOnly: true })
    expect(third).toMatchObject({ kind: 'memory', reason: 'read-only' })
    await third.index.close()

    writeFileSync(dir.join('data-stream.db', 'CURRENT'), 'garbage')
    const fourth = await openIndexFor(test.log, { path })
    expect(fourth).toMatchObject({ kind: 'memory', reason: 'corrupt' })
    expect(await findBookmark(test.log, fourth.index, key(5000))).toBe(4000n)
    await fourth.index.close()
  })

  test('lets go when the scan is aborted', async () => {
    using dir = tempDir()
    const { log } = logWithBookmarks(3)
    const folder = dir.join('data-stream.db')
    await (await openLevelIndex({ folder, createIfMissing: true })).close()
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(openIndexFor(log, { path: dir.join('data-stream.bin'), signal })).rejects.toThrow('enough')
    await (await rebuildIndex(log, { folder })).close()
  })
})

test('an index is made anew from the log, with nothing of what it held', async () => {
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

describe.skipIf(!hasVectors('real-stream'))('the index of a real stream', () => {
  test('holds every bookmark of the file, as does one that is built by a scan', async () => {
    using dir = tempDir()
    const path = dir.join('data-stream.bin')
    unpackTar(dir.path, 'real-stream', 'data-stream.db.tar.gz')
    const log = openLog(readVector('real-stream', 'data-stream.bin.gz'))
    const level = await openIndexFor(log, { path })
    expect(level.kind).toBe('level')
    const memory = await openIndexFor(log, { path, readOnly: true })

    const last = new Map<string, number>()
    await scanBookmarks(log, 0, (key, number) => last.set(Buffer.from(key).toString('hex'), number))
    const numbers = [...last.values()]
    const keys = [...last.keys()].map((hex) => Buffer.from(hex, 'hex'))
    expect(keys.length).toBe(11_420)
    expect(await Promise.all(keys.map((key) => level.index.get(key)))).toEqual(numbers)
    expect(await Promise.all(keys.map((key) => memory.index.get(key)))).toEqual(numbers)
    for (let i = 0; i < keys.length; i += 571) {
      expect(await findBookmark(log, level.index, keys[i] ?? Buffer.of())).toBe(BigInt(numbers[i] ?? -1))
    }
    await level.index.close()
    await memory.index.close()
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

describe.skipIf(!hasVectors('stream'))('indices that a Go server left behind', () => {
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
      expect(await raw.get(bytes), 'mended').toBe(expected)
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

import { closeSync, cpSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { tempDir } from '@datastreamer/fixtures'
import { systemClock } from '@datastreamer/runtime'
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { LevelDamage } from '../../src/bookmarks/level-check/bytes.ts'
import { checkClosed } from '../../src/bookmarks/level-check/check.ts'
import { openLevelIndex } from '../../src/bookmarks/level-index.ts'
import { MemoryIndex } from '../../src/bookmarks/memory-index.ts'
import { type IndexEvent, RepairingIndex } from '../../src/bookmarks/repairing-index.ts'
import { openReader, openStore, type StreamStore } from '../../src/index.ts'

const BOOKMARKS = 900

function bookmark(n: number): Uint8Array {
  const bytes = new Uint8Array(9)
  bytes[0] = 2
  new DataView(bytes.buffer).setBigUint64(1, BigInt(Math.imul(n, 0x9e37_79b1) >>> 0))
  return bytes
}

async function commit(store: StreamStore, from: number, to: number): Promise<void> {
  store.startAtomicOp()
  for (let n = from; n < to; n++) store.addStreamBookmark(bookmark(n))
  await store.commitAtomicOp()
}

/** Numbers of all bookmarks that a store does not find at their entries, and of those that it finds though they do not exist. */
async function wrongIn(store: StreamStore): Promise<number[]> {
  const numbers = Array.from({ length: BOOKMARKS + 50 }, (_, n) => n)
  const found = await Promise.all(numbers.map((n) => store.getBookmark(bookmark(n))))
  return numbers.filter((n) => found[n] !== (n < BOOKMARKS ? BigInt(n) : undefined))
}

const dir = tempDir()
const file = dir.join('data-stream.bin')
const index = dir.join('data-stream.db')
const original = dir.join('original.db')

/** Restore the index. */
function restore(): void {
  rmSync(index, { recursive: true })
  cpSync(original, index, { recursive: true })
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path)
    .subarray(at, at + 8)
    .map((byte) => byte ^ 0xff)
  const fd = openSync(path, 'r+')
  writeSync(fd, bytes, 0, bytes.length, at)
  closeSync(fd)
}

/** Some positions of a file: its ends, where all that matters most is, and others spread over it. */
function positions(length: number): number[] {
  const spread = Array.from({ length: 6 }, (_, i) => Math.floor((length * i) / 6))
  const last = [4, 12, 30, 47, 60, 100, 400, 1500].map((distance) => length - distance)
  return [...new Set([...spread, ...last])].filter((at) => at >= 0 && at < length)
}

/** Number of bookmarks that an index reports as missing, and whether it reports damage. */
async function look(): Promise<{ readonly missed: number; readonly damaged: boolean }> {
  try {
    const opened = await openLevelIndex({ folder: index, createIfMissing: false })
    try {
      const answers = Array.from({ length: BOOKMARKS }, (_, n) =>
        opened.get(bookmark(n)).then((found) => found, asDamage),
      )
      const found = await Promise.all(answers)
      return { missed: found.filter((answer) => answer === undefined).length, damaged: found.includes('damaged') }
    } finally {
      await opened.close().catch(asDamage)
    }
  } catch (error) {
    return { missed: 0, damaged: asDamage(error) === 'damaged' }
  }
}

/** Whether the index's thread would report damage before LevelDB opens the folder. */
function isFoundClosed(): boolean {
  try {
    checkClosed(index)
    return false
  } catch (error) {
    return error instanceof LevelDamage
  }
}

function asDamage(error: unknown): 'damaged' {
  expect(error).toMatchObject({ code: expect.stringMatching(/^INDEX_(CORRUPT|MISSING)$/) })
  return 'damaged'
}

beforeAll(async () => {
  // Two tables and what stands in the journal.
  for (const [from, to] of [
    [0, 400],
    [400, 800],
    [800, BOOKMARKS],
  ] as const) {
    const store = await openStore({ file, fsync: 'never' })
    await commit(store, from, to)
    await store.close()
  }
  cpSync(index, original, { recursive: true })
  return () => dir[Symbol.dispose]()
})
beforeEach(restore)

describe('an index with eight bytes that are flipped', () => {
  const names = /^(CURRENT|MANIFEST-\d+|\d+\.(ldb|log))$/

  test('before it is opened never reports a bookmark as missing', async () => {
    const wrong: string[] = []
    let noticed = 0
    for (const name of readdirSync(original).filter((found) => names.test(found))) {
      let isAsked = false
      for (const at of positions(readFileSync(join(original, name)).length)) {
        restore()
        flip(join(index, name), at)
        // That the thread asks the same before it opens the folder is seen once for each file: each thread takes a while.
        const isFound = isFoundClosed()
        if (!isFound || !isAsked) {
          const { missed, damaged } = await look()
          if (missed > 0) wrong.push(`${name} at ${at}: ${missed}`)
          isAsked ||= isFound && damaged
          if (damaged) noticed++
        } else noticed++
      }
    }
    expect(wrong).toEqual([])
    expect(noticed).toBeGreaterThan(20)
  })

  test.each(['CURRENT', 'MANIFEST', '.ldb'])(
    '%s, finds every bookmark of the log and no other once the store is open',
    async (kind) => {
      const name = readdirSync(original).find((found) => found.includes(kind)) as string
      flip(join(index, name), Math.max(0, readFileSync(join(original, name)).length - 60))
      const events: string[] = []
      await using store = await openStore({ file, fsync: 'never', onEvent: ({ event }) => events.push(event) })
      expect(await wrongIn(store)).toEqual([])
      await vi.waitFor(() => expect(events).toEqual(['index-damaged', 'index-rebuilt']), {
        timeout: 60_000,
        interval: 2,
      })
      expect(await wrongIn(store)).toEqual([])
    },
  )

  test('while it is open finds every bookmark, commits go on, and it is whole when it is reopened', async () => {
    const events: string[] = []
    const store = await openStore({ file, fsync: 'never', onEvent: ({ event }) => events.push(event) })
    for (const name of readdirSync(index).filter((name) => name.endsWith('.ldb'))) {
      for (const at of positions(readFileSync(join(index, name)).length)) flip(join(index, name), at)
    }
    const looking = wrongIn(store)
    store.startAtomicOp()
    store.addStreamEntry(1, new Uint8Array(10))
    await store.commitAtomicOp()
    expect(await looking).toEqual([])
    expect(events).toContain('index-damaged')
    await vi.waitFor(() => expect(events).toContain('index-rebuilt'), { timeout: 60_000, interval: 2 })
    await store.close()
    const again = await openStore({ file, fsync: 'never' })
    expect(await wrongIn(again)).toEqual([])
    await again.close()
  })
})

test('a bookmark that is missing without detectable damage is noticed, and the index rebuilt', async () => {
  const taken = await openLevelIndex({ folder: index, createIfMissing: false })
  taken.remove([bookmark(17)])
  await taken.close()
  await using reader = await openReader({ file, index: new MemoryIndex() })
  const level = await openLevelIndex({ folder: index, createIfMissing: false })
  const events: IndexEvent[] = []
  const repairing = new RepairingIndex({
    log: reader.log,
    level,
    clock: systemClock,
    onEvent: (event) => events.push(event),
    auditAfterMs: 0,
  })
  await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ event: 'index-rebuilt' }), {
    timeout: 60_000,
    interval: 2,
  })
  expect(events[0]).toMatchObject({
    event: 'index-damaged',
    error: { code: 'INDEX_CORRUPT', message: expect.stringMatching(/of entry 17$/) },
  })
  expect(await repairing.get(bookmark(17))).toBe(17)
  await repairing.close()
})

test('an index whose rebuild was interrupted is rebuilt when it is reopened', async () => {
  const begun = await openLevelIndex({ folder: index, createIfMissing: true, fresh: true })
  begun.put([{ key: bookmark(0), number: 0 }])
  await begun.flush({ sync: true })
  await begun.close()
  const events: string[] = []
  const store = await openStore({ file, fsync: 'never', onEvent: ({ event }) => events.push(event) })
  expect(await wrongIn(store)).toEqual([])
  await vi.waitFor(() => expect(events).toContain('index-rebuilt'), { timeout: 60_000, interval: 2 })
  await store.close()
})

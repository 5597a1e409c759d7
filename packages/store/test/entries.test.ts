import { tempDir } from '@datastreamer/fixtures'
import { BOOKMARK_TYPE, type EntriesOptions, type Entry, type EntrySource } from '@datastreamer/format'
import { describe, expect, test, vi } from 'vitest'
import { openReader, openStore, type StreamReader, type StreamStore } from '../src/index.ts'
import { MemoryIndex } from '../src/log.ts'
import { HeldReads } from './held-reads.ts'

const WAIT = { timeout: 60_000, interval: 2 }

/** A stream of small operations, and a reader of it. */
class World implements AsyncDisposable {
  readonly #dir: ReturnType<typeof tempDir>
  readonly store: StreamStore
  readonly reader: StreamReader
  readonly #reads: HeldReads

  private constructor(dir: ReturnType<typeof tempDir>, store: StreamStore, reader: StreamReader, reads: HeldReads) {
    this.#dir = dir
    this.#reads = reads
    this.store = store
    this.reader = reader
  }

  static async open(kind: Kind, total: number): Promise<World> {
    const dir = tempDir()
    const file = dir.join('data-stream.bin')
    const store = await openStore({ file, fsync: 'never', fileCheckMs: 0, index: new MemoryIndex() })
    if (total > 0) await append(store, total, 1)
    const reads = new HeldReads()
    const follow = kind === 'a followed file'
    const reader = kind === 'an open store' ? store : await openReader({ file, follow, pollMs: 1, disk: reads.disk })
    return new World(dir, store, reader, reads)
  }

  /** Commit `count` entries, filled with a byte, and wait until the reader has them. */
  async commit(count: number, byte: number): Promise<void> {
    await append(this.store, count, byte)
    await this.#settle()
  }

  async truncate(total: number): Promise<void> {
    await this.store.truncateFile(BigInt(total))
    await this.#settle()
  }

  /** Truncate, and commit before a reader of the file polls it. */
  async rewrite(total: number, count: number, byte: number): Promise<void> {
    if (this.reader !== this.store) {
      this.#reads.hold()
      await vi.waitFor(() => expect(this.#reads.waiting).toBeGreaterThan(0), WAIT)
    }
    await this.store.truncateFile(BigInt(total))
    await append(this.store, count, byte)
    this.#reads.release()
    await this.#settle()
  }

  async #settle(): Promise<void> {
    const { reader, store } = this
    const isSame = async (): Promise<void> => {
      expect(reader.getHeader()).toEqual(store.getHeader())
      const last = await reader.getEntry(store.getHeader().totalEntries - 1n)
      expect(last).toEqual(await store.getEntry(store.getHeader().totalEntries - 1n))
    }
    await vi.waitFor(isSame, WAIT)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.reader.close()
    await this.store.close()
    this.#dir[Symbol.dispose]()
  }
}

type Kind = 'an open store' | 'a file that is only read' | 'a followed file'
const KINDS: readonly Kind[] = ['an open store', 'a file that is only read', 'a followed file']
const GROWING = KINDS.filter((kind) => kind !== 'a file that is only read')

/** Commit a number of entries of one byte; each whose number is a multiple of 5 is a bookmark of its number and that byte. */
async function append(store: StreamStore, count: number, byte: number): Promise<void> {
  store.startAtomicOp()
  for (let i = 0; i < count; i++) {
    const number = Number(store.nextEntry)
    if (number % 5 === 0) store.addStreamBookmark(keyOf(number, byte))
    else store.addStreamEntry(1, Uint8Array.of(byte))
  }
  await store.commitAtomicOp()
}

function keyOf(number: number, byte = 1): Uint8Array {
  return Uint8Array.of(number, byte)
}

/** `7a`: entry 7, written with byte 1; `7b` with byte 2. */
function textOf({ number, data, type }: Entry): string {
  const byte = type === BOOKMARK_TYPE ? data[1] : data[0]
  return `${number}${String.fromCharCode(96 + (byte ?? 0))}`
}

function texts(from: number, to: number, letter = 'a'): string[] {
  return Array.from({ length: to - from }, (_, i) => `${from + i}${letter}`)
}

async function all(source: EntrySource, options: EntriesOptions): Promise<string[]> {
  const found: string[] = []
  for await (const entry of source.entries(options)) found.push(textOf(entry))
  const batched: string[] = []
  for await (const batch of source.batches(options)) batched.push(...batch.map(textOf))
  expect(batched).toEqual(found)
  return found
}

async function collectBatches(source: EntrySource, options: EntriesOptions): Promise<number> {
  let count = 0
  for await (const batch of source.batches(options)) count += batch.length
  return count
}

/** Entries one by one, as texts. */
class Reading {
  readonly #iterator: AsyncIterator<Entry, void, void>

  constructor(source: EntrySource, options?: EntriesOptions) {
    this.#iterator = source.entries(options)[Symbol.asyncIterator]()
  }

  /** The next ones, fewer if they end. */
  async take(count: number): Promise<string[]> {
    const found: string[] = []
    while (found.length < count) {
      const { done, value } = await this.#iterator.next()
      if (done === true || value === undefined) break
      found.push(textOf(value))
    }
    return found
  }

  /** The next one, once the reader waits for it. */
  async waiting(): Promise<{ readonly next: Promise<string[]> }> {
    let isThere = false
    const next = this.take(1).finally(() => {
      isThere = true
    })
    next.catch(() => undefined)
    for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve))
    expect(isThere).toBe(false)
    return { next }
  }
}

describe.each(KINDS)('entries of %s', (kind) => {
  test('from anywhere to anywhere', async () => {
    await using world = await World.open(kind, 12)
    const { reader } = world
    const follow = false
    expect(reader.name).toBe(reader.log.path)
    expect(await all(reader, { follow })).toEqual(texts(0, 12))
    expect(await all(reader, { from: 3, to: 7n })).toEqual(texts(3, 8))
    expect(await all(reader, { from: 11n, follow })).toEqual(texts(11, 12))
    expect(await all(reader, { from: { bookmark: keyOf(5) }, to: { bookmark: keyOf(10) } })).toEqual(texts(5, 11))
    expect(await all(reader, { from: 12, follow })).toEqual([])
    expect(await all(reader, { from: 'latest', follow })).toEqual([])
    expect(await all(reader, { from: 5, to: 4, follow })).toEqual([])
  })

  test('of some types only', async () => {
    await using world = await World.open(kind, 12)
    const { reader } = world
    const follow = false
    expect(await all(reader, { types: [BOOKMARK_TYPE], follow })).toEqual(['0a', '5a', '10a'])
    expect(await all(reader, { types: [1], from: 4, to: 6 })).toEqual(['4a', '6a'])
    expect(await all(reader, { types: [1, 2, BOOKMARK_TYPE], from: 9, follow })).toEqual(texts(9, 12))
    expect(await all(reader, { types: [2], follow })).toEqual([])
    await expect(all(reader, { types: [] })).rejects.toThrow('types has 0 entry types, expected 1 to 64')
    await expect(collectBatches(reader, { types: [-1] })).rejects.toThrow('entry type -1 is no u32')
  })

  test('what was passed over counts as delivered', async () => {
    await using world = await World.open(kind, 8)
    const { store, reader } = world
    const reading = new Reading(reader, { types: [BOOKMARK_TYPE], follow: kind !== 'a file that is only read' })
    expect(await reading.take(2)).toEqual(['0a', '5a'])
    if (kind === 'a file that is only read') {
      expect(await reading.take(1)).toEqual([])
      return
    }
    const { next } = await reading.waiting()
    await store.truncateFile(7n)
    await append(store, 4, 2)
    await expect(next).rejects.toMatchObject({ name: 'TruncatedError' })
  })

  test('entries that are not there', async () => {
    await using world = await World.open(kind, 12)
    const { reader } = world
    const unknown = { bookmark: keyOf(1) }
    const follow = false
    for (const [options, code] of [
      [{ from: unknown }, 'FROM_NOT_FOUND'],
      [{ from: 13, follow }, 'FROM_NOT_FOUND'],
      [{ to: unknown }, 'TO_NOT_FOUND'],
      [{ to: 12, follow }, 'TO_NOT_FOUND'],
      [{ from: { bookmark: keyOf(10) }, to: { bookmark: keyOf(5) } }, 'TO_NOT_FOUND'],
    ] as const) {
      await expect(all(reader, options)).rejects.toMatchObject({ name: 'NotFoundError', code })
    }
    await expect(all(reader, { from: -1 })).rejects.toThrow(RangeError)
    await expect(all(reader, { to: 1.5 })).rejects.toThrow(RangeError)
  })

  test('a truncation that leaves what was delivered is not noticed', async () => {
    await using world = await World.open(kind, 12)
    for (const delivered of [3, 6]) {
      const reading = new Reading(world.reader, { to: 11 })
      expect(await reading.take(delivered)).toEqual(texts(0, delivered))
      await world.rewrite(6, 6, 2)
      expect(await reading.take(20)).toEqual([...texts(delivered, 6), ...texts(6, 12, 'b')])
      await world.rewrite(6, 6, 1)
    }
  })

  test('one that removes what was delivered ends the reading', async () => {
    await using world = await World.open(kind, 12)
    const reading = new Reading(world.reader)
    expect(await reading.take(7)).toEqual(texts(0, 7))
    await world.truncate(6)
    await expect(reading.take(1)).rejects.toMatchObject({
      name: 'TruncatedError',
      code: 'TRUNCATED',
      lastDelivered: 6n,
      totalEntries: 6n,
    })
  })

  test('so does one after which the stream is as long as before, or longer', async () => {
    await using world = await World.open(kind, 12)
    const { reader } = world
    const reading = new Reading(reader)
    const batches = reader.batches()
    expect(await reading.take(7)).toEqual(texts(0, 7))
    expect((await batches.next()).value).toHaveLength(12)
    await world.rewrite(6, 20, 2)
    await expect(reading.take(1)).rejects.toMatchObject({ code: 'REWRITTEN', lastDelivered: 6n, totalEntries: 26n })
    if (kind !== 'a file that is only read') {
      await expect(batches.next()).rejects.toMatchObject({ code: 'REWRITTEN', lastDelivered: 11n })
    }
  })

  test('a truncated end is not waited for if the head is not', async () => {
    await using world = await World.open(kind, 12)
    const named = new Reading(world.reader, { to: 10, follow: false })
    const unnamed = new Reading(world.reader, { follow: false })
    expect(await named.take(2)).toEqual(texts(0, 2))
    expect(await unnamed.take(2)).toEqual(texts(0, 2))
    await world.truncate(5)
    expect(await named.take(3)).toEqual(texts(2, 5))
    await expect(named.take(1)).rejects.toMatchObject({ code: 'TO_NOT_FOUND' })
    expect(await unnamed.take(20)).toEqual(texts(2, 5))
  })

  test('what was committed instead of the end does not count as the end', async () => {
    await using world = await World.open(kind, 12)
    const reading = new Reading(world.reader, { follow: false })
    expect(await reading.take(2)).toEqual(texts(0, 2))
    await world.rewrite(5, 20, 2)
    expect(await reading.take(20)).toEqual(texts(2, 5))
  })

  test('a signal ends the reading with its reason, and so does closing', async () => {
    await using world = await World.open(kind, 12)
    const reason = new Error('enough')
    await expect(all(world.reader, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const stop = new AbortController()
    const batches = world.reader.batches({ signal: stop.signal, follow: false, to: 11 })
    expect((await batches.next()).value).toHaveLength(12)
    const reading = new Reading(world.reader)
    expect(await reading.take(12)).toEqual(texts(0, 12))
    await world.reader.close()
    if (kind === 'a file that is only read') expect(await reading.take(1)).toEqual([])
    else await expect(reading.take(1)).rejects.toMatchObject({ code: 'CLOSED' })
  })
})

describe.each(GROWING)('following %s', (kind) => {
  test('commits are delivered, from the head, from after it, and up to an end that is not there yet', async () => {
    await using world = await World.open(kind, 3)
    const { reader } = world
    const latest = new Reading(reader, { from: 'latest' })
    const beyond = new Reading(reader, { from: 5, to: 6 })
    const first = await latest.waiting()
    const fifth = await beyond.waiting()
    await world.commit(2, 1)
    expect(await first.next).toEqual(['3a'])
    expect(await latest.take(1)).toEqual(['4a'])
    await world.commit(2, 1)
    expect(await fifth.next).toEqual(['5a'])
    expect(await beyond.take(5)).toEqual(['6a'])
  })

  test('a truncation while it waits', async () => {
    await using world = await World.open(kind, 6)
    const whole = new Reading(world.reader)
    const start = new Reading(world.reader, { from: 'latest' })
    const part = new Reading(world.reader, { to: 20 })
    expect(await whole.take(6)).toEqual(texts(0, 6))
    expect(await part.take(4)).toEqual(texts(0, 4))
    const atHead = await whole.waiting()
    const atStart = await start.waiting()
    await world.truncate(4)
    await expect(atHead.next).rejects.toMatchObject({ code: 'TRUNCATED', lastDelivered: 5n, totalEntries: 4n })
    await expect(atStart.next).rejects.toMatchObject({ code: 'TRUNCATED', lastDelivered: undefined })
    const goesOn = await part.waiting()
    await world.commit(3, 2)
    expect(await goesOn.next).toEqual(['4b'])
    expect(await part.take(2)).toEqual(texts(5, 7, 'b'))
  })

  test('an end that was truncated away is waited for', async () => {
    await using world = await World.open(kind, 6)
    const reading = new Reading(world.reader, { to: { bookmark: keyOf(5) } })
    expect(await reading.take(3)).toEqual(texts(0, 3))
    await world.truncate(4)
    expect(await reading.take(1)).toEqual(['3a'])
    const next = await reading.waiting()
    await world.commit(4, 2)
    expect(await next.next).toEqual(['4b'])
    expect(await reading.take(9)).toEqual(['5b'])
  })

  test('a signal ends the wait with its reason, and leaves no listener', async () => {
    await using world = await World.open(kind, 1)
    const stop = new AbortController()
    const reading = new Reading(world.reader, { from: 1, signal: stop.signal })
    const { next } = await reading.waiting()
    const reason = new Error('enough')
    stop.abort(reason)
    await expect(next).rejects.toBe(reason)
    const other = await new Reading(world.reader, { from: 'latest' }).waiting()
    await world.reader.close()
    await expect(other.next).rejects.toMatchObject({ name: 'RefusedError', code: 'CLOSED' })
  })
})

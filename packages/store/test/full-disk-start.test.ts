import { rmSync, writeFileSync } from 'node:fs'
import { canMountDisks, TempDisk } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { openStore } from '../src/store/open-store.ts'
import type { StoreOptions } from '../src/store/store-options.ts'
import type { StreamStore } from '../src/store/stream-store.ts'
import type { StoreEvent } from '../src/write/events.ts'
import { readAll } from './sim/read-all.ts'

const WAIT = { timeout: 60_000, interval: 10 }

function bookmark(n: number): Uint8Array {
  const bytes = new Uint8Array(16)
  new DataView(bytes.buffer).setUint32(12, n)
  return bytes
}

async function commit(store: StreamStore, from: number, to: number): Promise<unknown> {
  store.startAtomicOp()
  for (let n = from; n < to; n++) store.addStreamBookmark(bookmark(n))
  return store.commitAtomicOp()
}

class FullDisk extends TempDisk {
  readonly events: StoreEvent[] = []
  readonly file: string = this.join('stream.bin')

  private constructor() {
    super(8)
  }

  /** A disk with a stream of 500 bookmarks, and free space. */
  static async withStream(): Promise<FullDisk> {
    const made = new FullDisk()
    await using store = await made.open()
    await commit(store, 0, 500)
    return made
  }

  open(options: Partial<StoreOptions> = {}): Promise<StreamStore> {
    return openStore({
      file: this.file,
      reopenDelayMs: () => 20,
      onEvent: (event) => this.events.push(event),
      ...options,
    })
  }
}

async function mustHave(store: StreamStore, total: number): Promise<void> {
  expect((await readAll(store.log)).map(({ data }) => Buffer.compare(data, bookmark(0)) >= 0).length).toBe(total)
  for (const n of [0, 1, Math.floor(total / 2), total - 1]) expect(await store.getBookmark(bookmark(n))).toBe(BigInt(n))
  expect(await store.getBookmark(bookmark(total))).toBeUndefined()
}

async function goesOn(full: FullDisk, store: StreamStore, total: number): Promise<void> {
  expect(() => store.startAtomicOp()).toThrow(
    expect.objectContaining({ code: 'STORE_BROKEN', retryable: true, message: expect.stringMatching(/no space/i) }),
  )
  await expect.poll(() => full.events.filter(({ event }) => event === 'reopen-failed').length, WAIT).toBeGreaterThan(1)
  expect(store.state.t).not.toBe('open')
  await mustHave(store, total)

  full.resize(64)
  await expect.poll(() => store.state.t, WAIT).toBe('open')
  await mustHave(store, total)
  await commit(store, total, total + 10)
  await mustHave(store, total + 10)
}

describe.skipIf(!canMountDisks())('a store that is opened on a disk without a byte of room', () => {
  test('serves readers and bookmarks, and accepts commits when there is room', async () => {
    using full = await FullDisk.withStream()
    full.fill()
    const store = await full.open()
    await mustHave(store, 500)
    await goesOn(full, store, 500)
    await store.close()
    await using again = await full.open()
    await mustHave(again, 510)
    expect(full.events.filter(({ event }) => event === 'index-damaged')).toEqual([])
  })

  test('without an index beside it', async () => {
    using full = await FullDisk.withStream()
    rmSync(full.file.replace('.bin', '.db'), { recursive: true })
    full.fill()
    const store = await full.open()
    await mustHave(store, 500)
    await goesOn(full, store, 500)
    await store.close()
    await using again = await full.open()
    await mustHave(again, 510)
  })

  test('without a commit log beside it, which is made when there is room', async () => {
    using full = await FullDisk.withStream()
    rmSync(full.file.replace('.bin', '.commits'))
    full.fill()
    const store = await full.open()
    await mustHave(store, 500)
    await goesOn(full, store, 500)
    await store.close()
  })

  test('whose index is damaged', async () => {
    using full = await FullDisk.withStream()
    writeFileSync(full.file.replace('.bin', '.db/CURRENT'), 'nonsense')
    full.fill()
    const store = await full.open()
    await mustHave(store, 500)
    full.resize(64)
    await expect.poll(() => full.events.some(({ event }) => event === 'index-rebuilt'), WAIT).toBe(true)
    await expect.poll(() => store.state.t, WAIT).toBe('open')
    await commit(store, 500, 510)
    await mustHave(store, 510)
    await store.close()
    await using again = await full.open()
    await mustHave(again, 510)
  })

  test('can be closed before there is room, unchanged', async () => {
    using full = await FullDisk.withStream()
    full.fill()
    await (await full.open()).close()
    full.resize(64)
    await using again = await full.open()
    expect(again.state.t).toBe('open')
    await mustHave(again, 500)
  })
})

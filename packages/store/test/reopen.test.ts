import { tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { openStore } from '../src/store/open-store.ts'
import { defaultReopenDelay } from '../src/store/reopener.ts'
import type { StoreOptions } from '../src/store/store-options.ts'
import type { StreamStore } from '../src/store/stream-store.ts'
import type { StoreEvent } from '../src/write/events.ts'
import { gatedDisk, standstill } from './gated-disk.ts'
import { readAll } from './sim/read-all.ts'
import { textOf } from './sim/versions.ts'

/** A store on a disk that fails when a test says so, and that reopens at once when the disk works again. */
async function sickStore(options: Partial<StoreOptions> = {}) {
  const dir = tempDir()
  const { gate, disk } = gatedDisk()
  const events: StoreEvent[] = []
  const file = dir.join('stream.bin')
  const store = await openStore({
    file,
    disk,
    reopenDelayMs: () => 5,
    onEvent: (event) => events.push(event),
    ...options,
  })
  const fail = async (): Promise<void> => {
    throw Object.assign(new Error('the disk is gone'), { code: 'EIO' })
  }
  return {
    store,
    file,
    events,
    /** From the next header on, every write to the disk fails. */
    sicken: () => {
      gate.beforeWrite = async (position) => {
        if (position >= 4096) return
        Object.assign(gate, { beforeSync: fail, beforeWrite: fail })
        await fail()
      }
    },
    /** The next sync waits, and fails when it is released. */
    holdSyncs: () => {
      const [reached, failing] = [standstill(), standstill()]
      gate.beforeSync = async () => {
        reached.resolve()
        await failing.promise
        await fail()
      }
      gate.beforeWrite = async () => {}
      return { reached: reached.promise, goOn: failing.resolve }
    },
    failSyncs: () => Object.assign(gate, { beforeSync: fail }),
    heal: () => Object.assign(gate, { beforeSync: async () => {}, beforeWrite: async () => {} }),
    async [Symbol.asyncDispose]() {
      await store.close().catch(() => undefined)
      dir[Symbol.dispose]()
    },
  }
}

function add(store: StreamStore, ...bytes: number[]): Promise<unknown> {
  store.startAtomicOp()
  for (const byte of bytes) store.addStreamEntry(1, Uint8Array.of(byte))
  return store.commitAtomicOp()
}

async function untilOpen(store: StreamStore): Promise<void> {
  await expect.poll(() => store.state.t, { interval: 2 }).toBe('open')
}

async function entries(store: StreamStore): Promise<string[]> {
  return (await readAll(store.log)).map(textOf)
}

test('a broken store rejects commits, serves readers, and reopens its files when the disk works', async () => {
  await using sick = await sickStore()
  const { store, events } = sick
  await add(store, 1, 2)
  sick.sicken()
  store.startAtomicOp()
  store.addStreamEntry(1, Uint8Array.of(3))
  const first = store.commitAtomicOp()
  const second = add(store, 4)
  await expect(first).rejects.toMatchObject({ code: expect.stringMatching(/WRITE_FAILED|OUTCOME_UNKNOWN/) })
  await expect(second).rejects.toMatchObject({
    code: expect.stringMatching(/STORE_BROKEN|WRITE_FAILED|OUTCOME_UNKNOWN/),
  })
  await expect.poll(() => store.state.t === 'broken' && store.state.tries > 1).toBe(true)
  expect(() => store.startAtomicOp()).toThrow(expect.objectContaining({ code: 'STORE_BROKEN', retryable: true }))
  await expect(store.truncateFile(0n)).rejects.toMatchObject({ code: 'STORE_BROKEN' })
  expect(await entries(store)).toEqual(['1:01', '1:02'])

  sick.heal()
  await untilOpen(store)
  expect(store.nextEntry).toBe(2n)
  expect(await add(store, 5)).toEqual({ firstEntry: 2n, nextEntry: 3n })
  expect(await entries(store)).toEqual(['1:01', '1:02', '1:05'])
  const names = events.map(({ event }) => event).filter((name) => !['created', 'write-failed'].includes(name))
  expect(names[0]).toBe('broken')
  expect(names.slice(1, -1).every((name) => name === 'reopen-failed')).toBe(true)
  expect(names.at(-1)).toBe('reopened')
  await store.close()
  await using again = await openStore({ file: sick.file })
  expect(await entries(again)).toEqual(['1:01', '1:02', '1:05'])
})

test('open and queued operations are rejected when a store breaks, and the next one begins at the head of the log', async () => {
  await using sick = await sickStore({ fsync: 'interval', fsyncIntervalMs: 50 })
  const { store } = sick
  await add(store, 1)
  store.startAtomicOp()
  store.addStreamEntry(1, Uint8Array.of(9))
  // What is committed last is synced in the background while the operation is open.
  sick.failSyncs()
  await expect.poll(() => store.state.t, { interval: 2 }).not.toBe('open')
  sick.heal()
  await untilOpen(store)
  await expect(store.commitAtomicOp()).rejects.toMatchObject({ code: 'STORE_BROKEN' })
  expect(await add(store, 3)).toMatchObject({ firstEntry: 1n })
  expect(await entries(store)).toEqual(['1:01', '1:03'])
})

test('a store does not go on in another file at the same path', async () => {
  await using sick = await sickStore()
  const { store, events, file } = sick
  await add(store, 1)
  sick.sicken()
  await expect(add(store, 2)).rejects.toThrow()
  const { rename, writeFile } = await import('node:fs/promises')
  await rename(file, `${file}.away`)
  await writeFile(file, 'another')
  sick.heal()
  const isSaid = (): boolean =>
    events.some(
      (event) => event.event === 'reopen-failed' && 'code' in event.error && event.error.code === 'FILE_REPLACED',
    )
  await expect.poll(isSaid).toBe(true)
  expect(store.state.t).not.toBe('open')
  await rename(`${file}.away`, file)
  await untilOpen(store)
  await add(store, 3)
  expect(await entries(store)).toEqual(['1:01', '1:03'])
})

test('closing a broken store stops it from being reopened', async () => {
  await using sick = await sickStore()
  const { store } = sick
  await add(store, 1)
  sick.sicken()
  await expect(add(store, 2)).rejects.toThrow()
  await expect.poll(() => store.state.t === 'broken' && store.state.tries > 0).toBe(true)
  await expect(store.close()).rejects.toMatchObject({ code: 'STORE_BROKEN' })
  expect(store.state).toEqual({ t: 'closed' })
  sick.heal()
  await using again = await openStore({ file: sick.file })
  expect((await entries(again))[0]).toBe('1:01')
})

describe('while the files of a store are reopened', () => {
  async function reopening() {
    const sick = await sickStore()
    await add(sick.store, 1, 2)
    sick.sicken()
    await expect(add(sick.store, 3)).rejects.toThrow()
    const held = sick.holdSyncs()
    await held.reached
    await expect.poll(() => sick.store.state.t, { interval: 1 }).toBe('reopening')
    return { sick, held }
  }

  test('it counts as broken, and accepts nothing', async () => {
    const { sick, held } = await reopening()
    await using _sick = sick
    const { store } = sick
    expect(store.broken).toMatchObject({ code: 'STORE_BROKEN' })
    expect(() => store.startAtomicOp()).toThrow(expect.objectContaining({ code: 'STORE_BROKEN' }))
    sick.heal()
    held.goOn()
    await untilOpen(store)
    expect(store.broken).toBeUndefined()
    expect(await add(store, 5)).toEqual({ firstEntry: 2n, nextEntry: 3n })
  })

  test('closing waits for that, and reports that the store is broken if it fails', async () => {
    const { sick, held } = await reopening()
    await using _sick = sick
    const closing = expect(sick.store.close()).rejects.toMatchObject({ code: 'STORE_BROKEN' })
    sick.heal()
    held.goOn()
    await closing
    expect(sick.store.state).toEqual({ t: 'closed' })
    await using again = await openStore({ file: sick.file })
    expect((await entries(again)).slice(0, 2)).toEqual(['1:01', '1:02'])
  })
})

test('attempts to reopen the files become less frequent, up to every 10 s', () => {
  expect([0, 1, 2, 6, 7, 1000].map(defaultReopenDelay)).toEqual([100, 200, 400, 6400, 10_000, 10_000])
})

import { tempDir } from '@datastreamer/fixtures'
import { type Random, randomFrom } from '@datastreamer/fixtures/random'
import { decodeEntries, PAGE_BYTES } from '@datastreamer/format'
import { turns, until } from '@datastreamer/runtime/testing'
import { expect, test } from 'vitest'
import { openReader, openStore, type StreamStore } from '../src/index.ts'
import { LogCursor } from '../src/log/log-cursor.ts'
import type { StreamLog } from '../src/log/stream-log.ts'
import { DistantReplica } from './distant-replica.ts'

/** Entries as text: type, and the first and last byte and length of the data. */
function textOf(type: number, data: Uint8Array): string {
  return `${type}:${data[0]}:${data.at(-1)}:${data.length}`
}

async function readAll(log: StreamLog): Promise<string[]> {
  const cursor = new LogCursor(log, 0)
  const found: string[] = []
  for (let run = await cursor.next(); run !== undefined; run = await cursor.next()) {
    for (const { type, data } of decodeEntries(run.bytes)) found.push(textOf(type, data))
  }
  return found
}

async function commit(store: StreamStore, ...entries: readonly Uint8Array[]): Promise<void> {
  await store.atomic((operation) => {
    for (const data of entries) operation.addEntry(1, data)
  })
}

const bytes = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value)

test('a replica has what is committed, from shared memory', async () => {
  using dir = tempDir()
  await using store = await openStore({ file: dir.join('s.bin'), fsync: 'never' })
  await commit(store, bytes(100, 1))
  await using replica = await DistantReplica.of(store.log)
  expect(await readAll(replica.log)).toEqual(['1:1:1:100'])
  await commit(store, bytes(100, 2))
  await turns()
  expect(replica.log.header.totalEntries).toBe(1n)
  replica.applyAll()
  expect(replica.log.header).toEqual(store.log.header)
  const at = await replica.log.locate(1)
  const run = replica.log.runInMemory(at)
  expect(run?.bytes.buffer).toBeInstanceOf(SharedArrayBuffer)
  expect(run?.bytes).toEqual(store.log.runInMemory(at)?.bytes)
})

test('bytes are not changed before every replica knows that they are no longer committed', async () => {
  using dir = tempDir()
  await using store = await openStore({ file: dir.join('s.bin'), fsync: 'never' })
  await commit(store, bytes(100, 1), bytes(100, 2), bytes(100, 3))
  await using first = await DistantReplica.of(store.log)
  await using second = await DistantReplica.of(store.log)
  let done = 0
  const truncated = store.truncateFile(2n).then(() => done++)
  await until(() => store.log.header.totalEntries === 2n)
  first.applyAll()
  await turns()
  expect(done).toBe(0)
  second.applyAll()
  await truncated
  const updated = store.updateEntryData(0n, 1, bytes(100, 9)).then(() => done++)
  await turns()
  const reading = readAll(second.log)
  await until(() => first.applyOne()?.t === 'change')
  expect(await reading).toEqual(['1:1:1:100', '1:2:2:100'])
  expect(done).toBe(1)
  second.stop()
  await updated
  first.applyAll()
  expect(await readAll(first.log)).toEqual(['1:9:9:100', '1:2:2:100'])
})

test('a replica refuses what the log refuses', async () => {
  using dir = tempDir()
  await using store = await openStore({ file: dir.join('s.bin'), fsync: 'never', tailPages: 0 })
  await commit(store, bytes(100, 1))
  await commit(store, bytes(100, 2))
  await using replica = await DistantReplica.of(store.log)
  const [from, to] = [await store.log.locate(0), await store.log.locate(1)].map(({ position, number }) => {
    return { totalLength: position, totalEntries: BigInt(number) }
  })
  if (from === undefined || to === undefined) throw new Error('two entries')
  store.log.damages.add({ from, to })
  await expect(readAll(replica.log)).resolves.toHaveLength(2)
  replica.applyAll()
  await expect(readAll(replica.log)).rejects.toMatchObject({ code: 'BAD_CHECKSUM' })
  await using late = await DistantReplica.of(store.log)
  await expect(readAll(late.log)).rejects.toMatchObject({ code: 'BAD_CHECKSUM' })
  store.log.damages.remove({ from, to })
  store.log.refuseReads(Object.assign(new Error('overwritten'), { code: 'FOREIGN_WRITER' }))
  replica.applyAll()
  await expect(readAll(replica.log)).rejects.toMatchObject({ code: 'FOREIGN_WRITER', message: 'overwritten' })
  store.log.refuseReads(undefined)
  replica.applyAll()
  await expect(readAll(replica.log)).resolves.toHaveLength(2)
})

test('the epoch of a replica grows with every change and damage of the log, and with nothing else', async () => {
  using dir = tempDir()
  await using store = await openStore({ file: dir.join('s.bin'), fsync: 'never' })
  await commit(store, bytes(100, 1), bytes(100, 2))
  await using replica = await DistantReplica.of(store.log)
  let { epoch } = replica.log
  const grows = (): boolean => {
    replica.applyAll()
    const before = epoch
    epoch = replica.log.epoch
    return epoch > before
  }
  await commit(store, bytes(100, 3))
  expect(grows()).toBe(false)
  const { position, number } = await store.log.locate(1)
  const from = { totalLength: position, totalEntries: BigInt(number) }
  const damage = { from, to: { totalLength: position + 117, totalEntries: 2n } }
  store.log.damages.add(damage)
  expect(grows()).toBe(true)
  const updated = store.updateEntryData(0n, 1, bytes(100, 9))
  await until(() => replica.applyOne()?.t === 'change')
  expect(grows()).toBe(true)
  await updated
  await until(grows)
  const truncated = store.truncateFile(1n)
  await until(grows)
  await truncated
})

test('a replica of a followed file has every read confirmed', async () => {
  using dir = tempDir()
  const file = dir.join('s.bin')
  await using store = await openStore({ file, fsync: 'never' })
  await commit(store, bytes(100, 1), bytes(100, 2))
  await using reader = await openReader({ file, follow: true })
  await using replica = await DistantReplica.of(reader.log)
  await store.truncateFile(1n)
  // What it knows of is there no longer: it hears of that before it delivers anything.
  expect(replica.log.header.totalEntries).toBe(2n)
  expect(await readAll(replica.log)).toEqual(['1:1:1:100'])
  await commit(store, bytes(100, 7))
  await until(() => reader.log.header.totalEntries === 2n)
  await turns()
  replica.applyAll()
  expect(await readAll(replica.log)).toEqual(['1:1:1:100', '1:7:7:100'])
})

/** Changes a store at random, and knows what it holds. */
class Changes {
  readonly entries: string[] = []
  readonly #store: StreamStore
  readonly #random: Random

  constructor(store: StreamStore, random: Random) {
    this.#store = store
    this.#random = random
  }

  async step(): Promise<void> {
    const { entries } = this
    const choice = this.#random(10)
    // Commits are announced a moment later.
    if (choice <= 1) await turns()
    if (choice === 0 && entries.length > 0) {
      const left = this.#random(entries.length)
      entries.length = left
      await this.#store.truncateFile(BigInt(left))
    } else if (choice === 1 && entries.length > 0) {
      const number = this.#random(entries.length)
      const length = Number(entries[number]?.split(':')[3])
      const data = bytes(length, this.#random(256))
      entries[number] = textOf(1, data)
      await this.#store.updateEntryData(BigInt(number), 1, data)
    } else if (choice === 2) {
      this.#store.startAtomicOp()
      this.#fill(1 + this.#random(4))
      this.#store.rollbackAtomicOp()
    } else {
      const commits = Array.from({ length: 1 + this.#random(4) }, () => {
        this.#store.startAtomicOp()
        entries.push(...this.#fill(1 + this.#random(5)))
        return this.#store.commitAtomicOp()
      })
      await Promise.all(commits)
    }
  }

  #fill(count: number): string[] {
    return Array.from({ length: count }, () => {
      const data = bytes(1 + this.#random(this.#random(8) === 0 ? PAGE_BYTES / 2 : 2000), this.#random(256))
      this.#store.addStreamEntry(1, data)
      return textOf(1, data)
    })
  }
}

test.each([1, 2, 3, 4, 5, 6])('at any moment a replica is as the log was a moment ago (seed %i)', async (seed) => {
  const random = randomFrom(seed)
  using dir = tempDir()
  const tailPages = random(4)
  await using store = await openStore({ file: dir.join('s.bin'), fsync: 'never', tailPages, spillBytes: PAGE_BYTES })
  const changes = new Changes(store, random)
  /** What the log held when each update was sent. */
  const held: string[][] = []
  await using replica = await DistantReplica.of(store.log, () => {
    held.push(changes.entries.slice(0, Number(store.log.header.totalEntries)))
  })
  let isDone = false
  let checked = 0
  const follow = async (): Promise<void> => {
    let now: string[] = []
    while (!isDone || held.length > 0) {
      const update = replica.applyOne()
      if (update === undefined) {
        await turns()
        continue
      }
      now = held.shift() ?? []
      if (update.t === 'change' || random(2) === 0) continue
      expect(replica.log.header.totalEntries).toBe(BigInt(now.length))
      expect(await readAll(replica.log)).toEqual(now)
      checked++
    }
  }
  // Whoever waits for a replica that has failed waits forever.
  const following = follow().finally(() => replica.stop())
  for (let i = 0; i < 60; i++) await changes.step()
  await turns()
  isDone = true
  await following
  expect(await readAll(replica.log)).toEqual(changes.entries)
  expect(checked).toBeGreaterThan(10)
})

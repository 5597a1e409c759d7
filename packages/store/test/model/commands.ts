import { setImmediate as turn } from 'node:timers/promises'
import { BOOKMARK_TYPE, MAX_ENTRY_DATA_BYTES, StreamError } from '@datastreamer/format'
import fc from 'fast-check'
import { expect } from 'vitest'
import { readAll } from '../sim/read-all.ts'
import type { Model } from './model.ts'
import type { World } from './world.ts'

/** A call of the store and of the model; both must agree on the result. */
class Call implements fc.AsyncCommand<Model, World> {
  readonly #name: string
  readonly #run: (model: Model, world: World) => Promise<void> | void

  constructor(name: string, run: (model: Model, world: World) => Promise<void> | void) {
    this.#name = name
    this.#run = run
  }

  /** Every call may be made at any time: refusals are part of the model. */
  check(): boolean {
    return true
  }

  async run(model: Model, world: World): Promise<void> {
    await this.#run(model, world)
  }

  toString(): string {
    return this.#name
  }
}

/** The result of a call, or the code of its refusal. */
async function outcome(call: () => unknown): Promise<unknown> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof StreamError) return error.code
    throw error
  }
}

const isType = (type: number): boolean => Number.isInteger(type) && type >= 0 && type < 2 ** 32
const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte)

/** Mostly small; sometimes a large share of a page, the largest possible, or one byte more. */
const lengths = fc.oneof(
  { weight: 12, arbitrary: fc.nat(60) },
  { weight: 2, arbitrary: fc.integer({ min: 200_000, max: 700_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: MAX_ENTRY_DATA_BYTES - 40, max: MAX_ENTRY_DATA_BYTES + 1 }) },
)
/** Few, so that they repeat: length and byte. */
const keyShapes = fc.nat(5).map((n): [number, number] => [1 + (n % 3) * 7, n])
const keys = fc.oneof(
  { weight: 9, arbitrary: keyShapes.map(([length, byte]) => filled(length, byte)) },
  { weight: 1, arbitrary: fc.constantFrom(filled(0, 0), filled(16, 7), filled(17, 7)) },
)
const badTypes = fc.constantFrom(-1, 2 ** 32, 1.5, Number.NaN)
const types = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 0, max: 3 }) },
  { weight: 2, arbitrary: fc.constant(BOOKMARK_TYPE) },
  { weight: 1, arbitrary: badTypes },
)
/** A fraction of the log, or a number that is not in it. */
const places = fc.oneof(
  { weight: 9, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(-1n, 2n ** 63n) },
)

const numberAt = (at: number | bigint, { items }: Model): bigint =>
  typeof at === 'bigint' ? at : BigInt(Math.round(at * items.length))

const start = fc.constant(
  new Call('start', async (model, { store }) => {
    expect(await outcome(() => store.startAtomicOp())).toBe(model.open && 'ATOMIC_OP_IN_PROGRESS')
    model.open ??= []
  }),
)

const addEntry = fc.tuple(types, lengths, fc.nat(255)).map(
  ([type, length, byte]) =>
    new Call(`add(${type}, ${length} x ${byte})`, async (model, { store }) => {
      const data = filled(length, byte)
      const expected = !model.open
        ? 'NO_ATOMIC_OP'
        : !isType(type)
          ? 'BAD_ENTRY_TYPE'
          : length > MAX_ENTRY_DATA_BYTES
            ? 'ENTRY_TOO_LARGE'
            : BigInt(model.next)
      expect(await outcome(() => store.addStreamEntry(type, data))).toBe(expected)
      if (typeof expected === 'bigint') model.open?.push({ type, data: data.slice() })
      // The store has its own copy.
      data.fill(0xee)
    }),
)

const addBookmark = keys.map(
  (key) =>
    new Call(`bookmark(${key})`, async (model, { store }) => {
      const mine = key.slice()
      const isKey = key.length >= 1 && key.length <= 16
      const expected = !model.open ? 'NO_ATOMIC_OP' : isKey ? BigInt(model.next) : 'BAD_BOOKMARK'
      expect(await outcome(() => store.addStreamBookmark(mine))).toBe(expected)
      if (typeof expected === 'bigint') model.open?.push({ type: BOOKMARK_TYPE, data: key })
      mine.fill(0xee)
    }),
)

const commit = fc.boolean().map(
  (waits) =>
    new Call(waits ? 'commit' : 'commit without waiting', async (model, { store, answers }) => {
      const refused = model.open === undefined
      const firstEntry = BigInt(model.items.length)
      if (!refused) model.commit()
      const expected = refused ? 'NO_ATOMIC_OP' : { firstEntry, nextEntry: BigInt(model.items.length) }
      const got = outcome(() => store.commitAtomicOp())
      if (waits) expect(await got).toEqual(expected)
      else answers.push({ got, expected })
    }),
)

/** Type, length and byte of an entry; many are bookmarks that can be looked up. */
const shapes = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(types, lengths, fc.nat(5)) },
  { weight: 1, arbitrary: keyShapes.map(([length, byte]): [number, number, number] => [BOOKMARK_TYPE, length, byte]) },
)

/** A whole operation at once: most logs consist of these. */
const operation = fc.tuple(fc.array(shapes, { minLength: 1, maxLength: 6 }), fc.boolean()).map(
  ([entries, waits]) =>
    new Call(
      `operation(${JSON.stringify(entries)}${waits ? '' : ', without waiting'})`,
      async (model, { store, answers }) => {
        if (model.open !== undefined) return
        const items = entries.map(([type, length, byte]) => ({
          type: isType(type) ? type : 1,
          data: filled(Math.min(length, MAX_ENTRY_DATA_BYTES), byte),
        }))
        const firstEntry = BigInt(model.items.length)
        model.open = items
        store.startAtomicOp()
        for (const { type, data } of items) store.addStreamEntry(type, data)
        model.commit()
        const got = outcome(() => store.commitAtomicOp())
        const expected = { firstEntry, nextEntry: BigInt(model.items.length) }
        if (waits) expect(await got).toEqual(expected)
        else answers.push({ got, expected })
      },
    ),
)

const rollback = fc.constant(
  new Call('rollback', async (model, { store }) => {
    expect(await outcome(() => store.rollbackAtomicOp())).toBe(model.open ? undefined : 'NO_ATOMIC_OP')
    model.open = undefined
  }),
)

const update = fc.tuple(places, fc.constantFrom('same', 'type', 'length'), fc.nat(255)).map(
  ([at, mode, byte]) =>
    new Call(`update(${at}, ${mode}, ${byte})`, async (model, { store }) => {
      const number = numberAt(at, model)
      const old = model.items[Number(number)]
      const type = (old?.type ?? 1) + (mode === 'type' ? 1 : 0)
      const data = filled((old?.data.length ?? 3) + (mode === 'length' ? 1 : 0), byte % 6)
      const expected = old === undefined ? 'ENTRY_NOT_FOUND' : mode === 'same' ? undefined : 'ENTRY_DIFFERS'
      expect(await outcome(() => store.updateEntryData(number, type, data))).toBe(expected)
      if (old !== undefined && mode === 'same') model.items = model.items.with(Number(number), { type, data })
    }),
)

const truncate = places.map(
  (at) =>
    new Call(`truncate(${at})`, async (model, { store }) => {
      const number = numberAt(at, model)
      const isThere = number >= 0n && number < BigInt(model.items.length)
      const answer = outcome(() => store.truncateFile(number))
      if (model.open !== undefined) {
        expect(await answer).toBe('ATOMIC_OP_IN_PROGRESS')
        return
      }
      expect(await outcome(() => store.startAtomicOp())).toBe('TRUNCATE_IN_PROGRESS')
      expect(await outcome(() => store.truncateFile(0n))).toBe('TRUNCATE_IN_PROGRESS')
      expect(await answer).toBe(isThere ? undefined : 'ENTRY_NOT_FOUND')
      if (!isThere) return
      model.items = model.items.slice(0, Number(number))
      model.ends = new Set([Number(number)])
    }),
)

const header = fc.constant(
  new Call('header', (model, { store }) => {
    const { totalEntries } = store.getHeader()
    expect([...model.ends]).toContain(Number(totalEntries))
  }),
)

const entry = places.map(
  (at) =>
    new Call(`entry(${at})`, async (model, { store }) => {
      await settled(model, store)
      const number = numberAt(at, model)
      const item = model.items[Number(number)]
      const got = await store.getEntry(number)
      expect(got === undefined).toBe(item === undefined)
      if (item !== undefined) expectEntry(got, item, number)
    }),
)

const bookmark = keys.map(
  (key) =>
    new Call(`find(${key})`, async (model, { store }) => {
      await settled(model, store)
      const at = model.find(key)
      expect(await store.getBookmark(key)).toBe(at < 0 ? undefined : BigInt(at))
    }),
)

const firstEvent = keys.map(
  (key) =>
    new Call(`first event after(${key})`, async (model, { store }) => {
      await settled(model, store)
      const at = model.find(key)
      const event = at < 0 ? -1 : model.eventAfter(at)
      const got = await store.getFirstEventAfterBookmark(key)
      expect(got?.number).toBe(event < 0 ? undefined : BigInt(event))
      const item = model.items[event]
      if (item !== undefined) expectEntry(got, item, BigInt(event))
    }),
)

const dataBetween = fc.tuple(keys, keys).map(
  ([fromKey, toKey]) =>
    new Call(`between(${fromKey} and ${toKey})`, async (model, { store }) => {
      await settled(model, store)
      const from = model.find(fromKey)
      const to = model.find(toKey)
      const got = await outcome(() => store.getDataBetweenBookmarks(fromKey, toKey))
      if (from < 0 || to < 0) expect(got).toBe('BOOKMARK_NOT_FOUND')
      else if (to < from) expect(got).toBe('RANGE_REVERSED')
      else expect(Buffer.compare(got as Uint8Array, model.dataBetween(from, to))).toBe(0)
    }),
)

const reopen = fc.constant(
  new Call('reopen', async (model, world) => {
    const { store } = world
    const closing = store.close()
    expect(await outcome(() => store.startAtomicOp())).toBe('CLOSED')
    expect(await outcome(() => store.addStreamEntry(1, filled(1, 1)))).toBe('NO_ATOMIC_OP')
    expect(await outcome(() => store.commitAtomicOp())).toBe('NO_ATOMIC_OP')
    expect(await outcome(() => store.updateEntryData(0n, 1, filled(1, 1)))).toBe('CLOSED')
    expect(await outcome(() => store.truncateFile(0n))).toBe('CLOSED')
    await closing
    await store.close()
    world.store = await world.open()
    model.open = undefined
    model.ends = new Set([model.items.length])
    await expectWhole(model, world.store)
  }),
)

const readBeside = fc.constant(
  new Call('read beside', async (model, world) => {
    await settled(model, world.store)
    await using reader = await world.openBeside()
    await expectWhole(model, reader)
    for (const { type, data } of model.items.slice(-3)) {
      if (type === BOOKMARK_TYPE && data.length > 0 && data.length < 17) {
        expect(await reader.getBookmark(data)).toBe(BigInt(model.find(data)))
      }
    }
  }),
)

const readWhole = fc.constant(
  new Call('read whole', async (model, { store }) => {
    await settled(model, store)
    await expectWhole(model, store)
  }),
)

/** Lets work in the background go on. On a simulated disk all else is done within one turn of the event loop. */
const eventLoopTurn = fc.constant(new Call('turn of the event loop', () => turn()))

/** Wait until all that was committed can be read. A refused update waits in the same queue. */
async function settled(model: Model, store: World['store']): Promise<void> {
  expect(await outcome(() => store.updateEntryData(-1n, 0, filled(0, 0)))).toBe('ENTRY_NOT_FOUND')
  expect(store.getHeader().totalEntries).toBe(BigInt(model.items.length))
  model.ends = new Set([model.items.length])
}

async function expectWhole({ items }: Model, { log }: Pick<World['store'], 'log'>): Promise<void> {
  const all = await readAll(log)
  expect(all.length).toBe(items.length)
  for (const [i, item] of items.entries()) expectEntry(all[i], item, BigInt(i))
}

function expectEntry(
  got: { readonly type: number; readonly number: bigint; readonly data: Uint8Array } | undefined,
  { type, data }: { readonly type: number; readonly data: Uint8Array },
  number: bigint,
): void {
  expect([got?.type, got?.number, got?.data.length]).toEqual([type, number, data.length])
  expect(Buffer.compare(got?.data ?? filled(0, 0), data)).toBe(0)
}

/** Calls in any order; those that fill a log are more frequent. */
export const calls: fc.Arbitrary<fc.AsyncCommand<Model, World>>[] = [
  ...[operation, operation, operation, operation, operation, operation, start, start, commit, commit, commit],
  ...[addEntry, addEntry, addEntry, addEntry, addBookmark, addBookmark],
  ...[rollback, update, truncate, reopen],
  ...[header, entry, bookmark, firstEvent, dataBetween, readBeside, readWhole, eventLoopTurn],
]

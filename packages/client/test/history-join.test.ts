import { setImmediate as turn } from 'node:timers/promises'
import { type Entry, NotFoundError } from '@datastreamer/format'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Checkpoint, checkpointOf, HistoryDiffersError, StreamClient, TruncatedError } from '../src/index.ts'
import { plain } from './support/entries.ts'
import { FakeHistoryError, type HistoryCall } from './support/fake-history.ts'
import { act, HistoryWorld, TYPES, type WorldAction } from './support/history-world.ts'
import { near } from './support/options.ts'

const count = fc.integer({ min: 1, max: 40 })
const harmless = fc.oneof(
  fc.record({ do: fc.constantFrom('append' as const, 'seal' as const), count }),
  fc.record({ do: fc.constantFrom('drop' as const, 'restart' as const) }),
)
const changing = fc.oneof(
  harmless,
  fc.record({ do: fc.constantFrom('truncate' as const, 'rewrite' as const), count: fc.integer({ min: 1, max: 90 }) }),
)

interface Script {
  /** Entries that the history has first, of 100. */
  readonly sealed: number
  /** What happens before anybody reads, and then. */
  readonly before: readonly WorldAction[]
  readonly meanwhile: readonly (readonly [WorldAction, number])[]
  /** Which calls of the history fail. */
  readonly failing: readonly boolean[]
  /** Entries of a batch of the history, and turns of the event loop until it comes. */
  readonly batch: number
  readonly turns: number
  readonly from: number
  readonly isFiltered: boolean
  readonly boundaries: boolean
}

const scriptOf = (action: fc.Arbitrary<WorldAction>): fc.Arbitrary<Script> =>
  fc.record({
    sealed: fc.integer({ min: 1, max: 100 }),
    before: fc.array(action, { maxLength: 4 }),
    meanwhile: fc.array(fc.tuple(action, fc.nat(12)), { maxLength: 8 }),
    failing: fc.array(fc.boolean(), { maxLength: 12 }),
    batch: fc.integer({ min: 1, max: 30 }),
    turns: fc.nat(8),
    from: fc.nat(60),
    isFiltered: fc.boolean(),
    boundaries: fc.boolean(),
  })

/** What a reader has once all has happened, how far it was rewound meanwhile, and what it failed with. */
async function read(
  world: HistoryWorld,
  script: Script,
  from: bigint | { readonly after: readonly Checkpoint[] },
): Promise<{ readonly entries: readonly Entry[]; readonly rewoundTo: number | undefined; readonly error: unknown }> {
  const { isFiltered, boundaries } = script
  const types = isFiltered ? TYPES.slice(1) : undefined
  const options = { history: world.history, historyMaxFailures: 3, headCheckMs: 20, backoff: { minMs: 0, maxMs: 0 } }
  await using client = new StreamClient(near(world.proxy, options))
  let entries: Entry[] = []
  let next = 0n
  let rewoundTo: number | undefined
  const stop = new AbortController()
  let isOver = false
  const isAll = (): boolean => isOver && next >= BigInt(world.entries.length)
  const reading = (async () => {
    const events = client.events({ from, types, boundaries, signal: stop.signal, onAbort: 'return' })
    for await (const event of events) {
      if (event.kind === 'rewound') {
        entries = entries.filter(({ number }) => number < event.nextEntry)
        next = event.nextEntry
        rewoundTo = Math.min(rewoundTo ?? Number.POSITIVE_INFINITY, Number(next))
      } else if (event.kind === 'entries') {
        entries.push(...plain(event.entries))
        next = (event.entries.at(-1)?.number ?? 0n) + 1n
      } else if (event.kind === 'progress') next = event.nextEntry
      if (isAll()) return
    }
  })().then(
    () => undefined,
    (error: unknown) => error,
  )
  for (const [action, after] of script.meanwhile) await act(world, action, after)
  isOver = true
  // The last entries are of a wanted type, and beyond where anybody began.
  while (world.entries.length < 200) await world.append(30)
  await world.append(3)
  const error = await reading
  stop.abort()
  return { entries, rewoundTo, error }
}

/** A world in which everything has happened before. */
async function worldOf({ sealed, before, failing, batch, turns }: Script): Promise<HistoryWorld> {
  const left = [...failing]
  const onCall = async (call: HistoryCall): Promise<void> => {
    if (call === 'batch') for (let i = 0; i < turns; i++) await turn()
    if (call !== 'end' && left.shift()) throw new FakeHistoryError('UNREACHABLE')
  }
  const world = await HistoryWorld.open({ batch, onCall })
  await world.append(100)
  world.seal(100 - sealed)
  world.history.has = world.history.found ?? []
  for (const action of before) await act(world, action, 0)
  return world
}

const wanted = (world: HistoryWorld, from: number, { isFiltered }: Script): readonly Entry[] =>
  world.entries.slice(from).filter(({ type }) => !isFiltered || TYPES.slice(1).some((each) => each === type))

test('whatever fails and wherever the history ends, entries come once, in order, and none is missing', async () => {
  await fc.assert(
    fc.asyncProperty(scriptOf(harmless), async (script) => {
      await using world = await worldOf(script)
      const { entries, error } = await read(world, script, BigInt(script.from))
      expect(error).toBeUndefined()
      expect(entries).toEqual(wanted(world, script.from, script))
    }),
    { numRuns: 40 },
  )
}, 120_000)

test('whoever rewrites whatever was archived: the entries of the server come, or an error that says why not', async () => {
  await fc.assert(
    fc.asyncProperty(scriptOf(changing), async (script) => {
      await using world = await worldOf(script)
      const { entries, error } = await read(world, script, BigInt(script.from))
      if (error !== undefined) {
        const isNamed = [HistoryDiffersError, TruncatedError, NotFoundError].some((each) => error instanceof each)
        expect(isNamed, String(error)).toBe(true)
      } else expect(entries).toEqual(wanted(world, script.from, script))
    }),
    { numRuns: 60 },
  )
}, 120_000)

test('with checkpoints to go back to, the entries of the server come in any case', async () => {
  await fc.assert(
    fc.asyncProperty(scriptOf(changing), async (script) => {
      await using world = await worldOf(script)
      const held = world.entries[script.from]
      const after = held === undefined ? [] : [checkpointOf(held)]
      const { entries, rewoundTo = Number.POSITIVE_INFINITY, error } = await read(world, script, { after })
      expect(error).toBeUndefined()
      const from = Math.min(rewoundTo, held === undefined ? 0 : script.from + 1)
      expect(entries).toEqual(wanted(world, from, script))
    }),
    { numRuns: 60 },
  )
}, 120_000)

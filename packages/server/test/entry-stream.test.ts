import { InternalError } from '@datastreamer/format'
import { systemClock } from '@datastreamer/runtime'
import type { ReadableLog } from '@datastreamer/store/log'
import { BoundarySequence } from '@datastreamer/store/log'
import { concat, TestLog } from '@datastreamer/store/testing'
import { expect, test, vi } from 'vitest'
import { ChunkMemory } from '../src/tcp/chunk-memory.ts'
import type { FeedMemory } from '../src/tcp/entry-feed.ts'
import { EntryFilter } from '../src/tcp/entry-filter.ts'
import { EntryStream } from '../src/tcp/entry-stream.ts'
import type { StreamOutcome } from '../src/tcp/entry-stream-options.ts'
import { FilterResults } from '../src/tcp/filter-results.ts'
import { SharedCopy } from '../src/tcp/shared-copy.ts'
import { SharedRuns } from '../src/tcp/shared-runs.ts'
import { packetsIn } from './tcp-client.ts'

/** Bytes of an entry that holds 100. */
const ENTRY_BYTES = 117
/** Data of an entry of which some make a run that readers share. */
const LARGE_DATA_BYTES = 60_000
const LARGE_ENTRY_BYTES = 17 + LARGE_DATA_BYTES

/** Takes one write at a time, when the test says so. */
class SlowOutlet {
  readonly written: Uint8Array[] = []
  drained = true
  #onTaken: () => void = () => {}

  write(packets: readonly Uint8Array[], onTaken: () => void): void {
    this.written.push(concat(packets))
    this.drained = false
    this.#onTaken = onTaken
  }

  /** Take what was written. */
  take(): void {
    this.drained = true
    this.#onTaken()
  }
}

/** Turns that a stream asked for. */
class Turns {
  readonly request = (): void => {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
  readonly #waiting: (() => void)[] = []

  /** Resolves when the next one is asked for. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}

function memoryOf(bytes: number, log: ReadableLog): FeedMemory {
  const chunks = new ChunkMemory({ smallBytes: bytes, largeBytes: bytes, maxLarge: 4 })
  return { chunks, newest: new SharedCopy(), runs: new SharedRuns(log, systemClock, 4), results: new FilterResults() }
}

test.each([
  ['entries', undefined, []],
  [
    'operation boundaries',
    new BoundarySequence({ lastUpTo: () => undefined, isKnownAt: () => false }),
    ['end 0', 'end 0 gap'],
  ],
] as const)('what was read ahead and then truncated is not sent: %s', async (_, boundaries, first) => {
  const log = new TestLog({ inMemory: false })
  const old = log.addMany(16, LARGE_DATA_BYTES)
  log.commit()
  const outlet = new SlowOutlet()
  const turns = new Turns()
  const outcomes: StreamOutcome[] = []
  const memory = memoryOf(4 * LARGE_ENTRY_BYTES, log.log)
  const stream = new EntryStream({
    log: log.log,
    from: await log.log.locate(0),
    memory,
    clock: systemClock,
    boundaries,
    outlet,
    requestTurn: turns.request,
    onDone: (outcome) => outcomes.push(outcome),
  })
  // Only a reader that has taken a chunk at once has the next one read ahead.
  for (const number of [4, 8]) {
    if (!outlet.drained) outlet.take()
    const read = turns.next()
    stream.step()
    await read
    stream.step()
    expect(stream.entryNumber).toBe(number)
  }
  // Entries 4 to 7 are being written, 8 and more are read ahead.
  await turns.next()
  await log.truncate(10)
  const other = log.add(7, new Uint8Array(LARGE_DATA_BYTES).fill(9))
  log.commit()
  while (stream.entryNumber < 11) {
    if (!outlet.drained) outlet.take()
    const more = turns.next()
    stream.step()
    // What was written is taken at once; what has to be read asks for a turn when it is there.
    if (outlet.drained) await more
  }
  const got = concat(outlet.written)
  const entries = Array.from({ length: 11 }, (_, i) => `entry ${i}`)
  expect(packetsIn(got).filter((packet) => packet.startsWith('entry'))).toEqual(entries)
  expect(packetsIn(got).slice(0, first.length)).toEqual(first)
  expect(Buffer.from(got).includes(Buffer.from(old.subarray(8 * LARGE_ENTRY_BYTES, 10 * LARGE_ENTRY_BYTES)))).toBe(true)
  expect(Buffer.from(got).includes(Buffer.from(other))).toBe(true)
  expect(outcomes).toEqual([])
  stream.stop()
  outlet.take()
  expect(memory.chunks.largeInUse).toBe(0)
})

test('a chunk that does not lead forward ends the stream with an error, and is not written', async () => {
  const log = new TestLog()
  log.addMany(4, 100)
  log.commit()
  const from = await log.log.locate(2)
  const stuck: ReadableLog = Object.create(log.log, {
    header: { get: () => log.log.header },
    listen: { value: () => () => {} },
    runInMemory: { value: () => ({ bytes: new Uint8Array(ENTRY_BYTES), ...from, next: from }) },
  })
  const outlet = new SlowOutlet()
  const memory = memoryOf(16 * ENTRY_BYTES, log.log)
  const outcomes: StreamOutcome[] = []
  const onDone = (outcome: StreamOutcome): void => void outcomes.push(outcome)
  const stream = new EntryStream({
    log: stuck,
    from,
    memory,
    clock: systemClock,
    outlet,
    requestTurn: () => {},
    onDone,
  })
  stream.step()
  stream.step()
  expect(outcomes).toEqual([{ t: 'failed', error: expect.any(InternalError), again: expect.any(Function) }])
  expect(outlet.written).toEqual([])
})

test.each([
  ['all', [1, 2]],
  ['half', [1]],
  ['nothing', [3]],
])('the memory of chunks of which %s is wanted is released once', async (_what, types) => {
  const log = new TestLog({ inMemory: false })
  for (let i = 0; i < 64; i++) log.add(1 + (i % 2), new Uint8Array(100))
  log.commit()
  const outlet = new SlowOutlet()
  const turns = new Turns()
  const memory = memoryOf(16 * ENTRY_BYTES, log.log)
  const release = vi.spyOn(memory.chunks, 'release')
  const take = [vi.spyOn(memory.chunks, 'takeSmall'), vi.spyOn(memory.chunks, 'takeLargeRight')]
  const stream = new EntryStream({
    log: log.log,
    from: await log.log.locate(0),
    filter: EntryFilter.of(types, memory.results),
    memory,
    clock: systemClock,
    outlet,
    requestTurn: turns.request,
    onDone: () => {},
  })
  while (!stream.rest()) {
    const more = turns.next()
    stream.step()
    if (outlet.drained) await more
    else outlet.take()
  }
  stream.stop()
  const taken = take.flatMap(({ mock }) => mock.results.filter(({ value }) => value !== undefined))
  expect(release).toHaveBeenCalledTimes(taken.length)
  expect(taken.length).toBeGreaterThan(2)
  expect(memory.chunks.largeInUse).toBe(0)
})

test('a reader that is a few commits behind needs no turn to come to the head, one that is far behind does', async () => {
  const log = new TestLog()
  log.addMany(2, 100)
  log.commit()
  const outlet = new SlowOutlet()
  const requestTurn = vi.fn()
  const stream = new EntryStream({
    log: log.log,
    from: await log.log.locate(0),
    memory: memoryOf(4 * ENTRY_BYTES, log.log),
    clock: systemClock,
    outlet,
    requestTurn,
    onDone: (outcome) => expect.unreachable(outcome.t),
  })
  stream.step()
  // What was written is not taken yet when more is committed.
  for (let i = 0; i < 3; i++) {
    log.add(7, new Uint8Array(100))
    log.commit()
  }
  expect(stream.stepToHead()).toBe(false)
  outlet.take()
  expect(stream.stepToHead()).toBe(true)
  expect(stream.entryNumber).toBe(5)
  log.addMany(5, 100)
  log.commit()
  outlet.take()
  expect(stream.stepToHead()).toBe(false)
  expect(requestTurn).not.toHaveBeenCalled()
  stream.step()
  expect(stream.entryNumber).toBe(10)
  stream.stop()
})

import type { Header } from '@datastreamer/format'
import { ManualClock } from '@datastreamer/runtime/testing'
import { expect, test } from 'vitest'
import { ConnectionError, ProtocolError } from '../errors.ts'
import { settingsOf } from '../options.ts'
import { HeadWatch } from './head-watch.ts'
import type { HeaderWatch } from './header-watch.ts'

const headerOf = (totalEntries: bigint): Header => ({
  generation: 3,
  version: 1,
  systemId: 1n,
  streamType: 1n,
  totalLength: 0,
  totalEntries,
})

/** A watch of a stream that brought the first `next` entries; `look` is what the next look brings. */
function world({ next = 5n, watch }: { next?: bigint; watch?: Omit<HeaderWatch, 'onHeader'> } = {}) {
  const clock = new ManualClock()
  const stream = {
    receivedBytes: 100,
    hasBytes: false,
    woken: 0,
    dropped: undefined as unknown,
    wake: () => stream.woken++,
    drop: (error: unknown) => {
      stream.dropped = error
    },
  }
  const state = { clock, stream, next, looks: 0, seen: [] as bigint[], found: (): Header => headerOf(5n) }
  const headers = watch && { ...watch, onHeader: ({ totalEntries }: Header) => state.seen.push(totalEntries) }
  const head = new HeadWatch({
    settings: settingsOf({ host: 'h', port: 1, clock, responseTimeoutMs: 10_000 }),
    stream,
    header: headerOf(5n),
    isOwed: ({ totalEntries }) => state.next < totalEntries,
    next: () => state.next,
    look: async () => {
      state.looks++
      return state.found()
    },
    watch: headers,
  })
  head.begin()
  return Object.assign(state, { head })
}

/** Let time pass, and what it sets off come to its end: nothing here takes more than turns of the event loop. */
async function pass({ clock }: { clock: ManualClock }, ms: number): Promise<void> {
  clock.advance(ms)
  await new Promise((resolve) => setImmediate(resolve))
}

test('a silent stream is looked at less and less often, and may be silent while the header has no more', async () => {
  const it = world()
  let passed = 0
  const at: number[] = []
  while (passed < 600_000) {
    const before = it.looks
    await pass(it, 500)
    passed += 500
    if (it.looks > before) at.push(passed)
  }
  const gaps = at.map((time, i) => time - (at[i - 1] ?? 0))
  for (const [i, gap] of gaps.entries()) {
    const interval = Math.min(1000 * 2 ** i, 60_000)
    expect(gap).toBeGreaterThanOrEqual(interval / 2)
    expect(gap).toBeLessThanOrEqual(interval + 500)
  }
  expect(gaps.length).toBeGreaterThan(10)
  expect(it.head.idleLimit).toEqual({ limitMs: undefined, since: 0 })
  expect(it.stream).toMatchObject({ woken: 0, dropped: undefined })
})

test('a header that has more makes bytes due, from then on', async () => {
  const it = world()
  await pass(it, 1000)
  expect(it.looks).toBe(1)
  it.found = () => headerOf(6n)
  await pass(it, 2000)
  expect(it.head.idleLimit).toEqual({ limitMs: 10_000, since: 3000 })
  expect(it.stream.woken).toBe(1)
  // Another look, which finds the same, grants no more time.
  await pass(it, 4000)
  expect(it.head.idleLimit).toEqual({ limitMs: 10_000, since: 3000 })
  it.next = 6n
  expect(it.head.idleLimit.limitMs).toBeUndefined()
})

test('a header that has fewer makes bytes due until some come', async () => {
  const it = world({ next: 6n })
  await pass(it, 1000)
  expect(it.head.idleLimit).toEqual({ limitMs: 10_000, since: 1000 })
  it.stream.receivedBytes++
  expect(it.head.idleLimit.limitMs).toBeUndefined()
})

test('a stream that goes on after a look that found it at the head is not looked at again', async () => {
  const it = world()
  await pass(it, 1000)
  it.stream.receivedBytes++
  it.next = 6n
  for (let i = 0; i < 10; i++) await pass(it, 60_000)
  expect(it.looks).toBe(1)
})

test('one that goes on after a look that found more is looked at on: it may stop where it has caught up', async () => {
  const it = world()
  it.found = () => headerOf(6n)
  await pass(it, 1000)
  it.stream.receivedBytes++
  it.next = 6n
  for (let i = 0; i < 3; i++) await pass(it, 60_000)
  expect(it.looks).toBeGreaterThan(1)
})

test('bytes, and bytes that wait for the consumer, are a sign of life: nobody looks', async () => {
  const it = world()
  for (let i = 0; i < 20; i++) {
    it.stream.receivedBytes++
    await pass(it, 1000)
  }
  it.stream.hasBytes = true
  for (let i = 0; i < 20; i++) await pass(it, 60_000)
  expect(it.looks).toBe(0)
})

test('a server that gives no header although it lives is let be; one that is gone ends the stream', async () => {
  const it = world()
  let error = new ConnectionError('CLOSED', 'no room')
  it.found = () => {
    throw error
  }
  for (let i = 0; i < 3; i++) await pass(it, 60_000)
  expect(it).toMatchObject({ looks: 3, stream: { dropped: undefined } })
  error = new ConnectionError('TIMEOUT', 'gone')
  await pass(it, 60_000)
  expect(it.stream.dropped).toBe(error)
})

test('a question without an answer is no sign of death if bytes came meanwhile', async () => {
  const it = world()
  it.found = () => {
    it.stream.receivedBytes++
    throw new ConnectionError('TIMEOUT', 'slow line')
  }
  await pass(it, 1000)
  expect(it).toMatchObject({ looks: 1, stream: { dropped: undefined } })
})

test('what breaks the protocol ends the stream', async () => {
  const it = world()
  const error = new ProtocolError('BAD_PACKET', 'no header')
  it.found = () => {
    throw error
  }
  await pass(it, 1000)
  expect(it.stream.dropped).toBe(error)
})

test('who wants all headers has them at every interval, also while bytes come, and at once if they are urgent', async () => {
  let urgent = false
  const it = world({ watch: { intervalMs: 1000, urgent: () => urgent } })
  for (let i = 0; i < 3; i++) {
    for (let step = 0; step < 20; step++) {
      expect(it.seen).toHaveLength(i)
      it.stream.receivedBytes++
      await pass(it, 50)
    }
  }
  expect(it.seen).toEqual([5n, 5n, 5n])
  urgent = true
  await pass(it, 50)
  expect(it.seen).toHaveLength(4)
})

test('it ends with the stream', async () => {
  const it = world()
  await it.head[Symbol.asyncDispose]()
  await pass(it, 60_000)
  expect(it).toMatchObject({ looks: 0, stream: { dropped: undefined } })
})

import { setImmediate } from 'node:timers/promises'
import { LocationError } from '@datastreamer/e2store/location'
import type { Objects } from '@datastreamer/e2store/objects'
import { beforeAll, expect, test } from 'vitest'
import { historyOfBlocks, type TestHistory } from './support/make-history.ts'
import { collect, opened } from './support/open-history.ts'

let made: TestHistory
beforeAll(async () => {
  // Entries that do not compress: segments of 10 records of about a MiB.
  made = await historyOfBlocks(8, 10, { fill: 900_000, isRandom: true })
})

/** Counts the bytes that are asked for. */
function watched(objects: TestHistory['objects']) {
  const seen = { asked: 0 }
  objects.onCall = ({ method, from = 0, to = 0 }) => {
    if (method === 'getRange') seen.asked += to - from
  }
  return seen
}

test('many requests at once, as many as are allowed', async () => {
  for (const concurrency of [1, 3, 16]) {
    const { history } = await opened(made, { concurrency, prefetchBytes: 1_048_576 * concurrency })
    const running = history.batches()
    // As it is taken, more is fetched ahead.
    for (let i = 0; i < 8; i++) await running.next()
    let underWay = 0
    let release: (() => void) | undefined
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    made.objects.onCall = () => {
      underWay++
      return released
    }
    const rest = collect(running)
    await expect.poll(() => underWay).toBe(concurrency)
    for (let i = 0; i < 50; i++) await setImmediate()
    expect(underWay).toBe(concurrency)
    made.objects.onCall = () => undefined
    release?.()
    await rest
  }
})

test('not more is fetched ahead than is allowed, however slow the reader is', async () => {
  const prefetchBytes = 6_000_000
  const seen = watched(made.objects)
  const { history } = await opened(made, { prefetchBytes })
  let taken = 0
  for await (const run of history.runs()) {
    for (let i = 0; i < 30; i++) await setImmediate()
    taken += run.bytes.length
    // What does not compress is about as long in the file; some records wait decompressed.
    expect(seen.asked).toBeLessThan(taken + prefetchBytes + 5 * 1_100_000)
  }
  expect(taken).toBeGreaterThan(70_000_000)
})

test('a signal ends an iteration, also one that waits', async () => {
  const { history } = await opened(made)
  const stop = new AbortController()
  const running = history.entries({ signal: stop.signal })
  await running.next()
  let waiting = 0
  made.objects.onCall = () => {
    waiting++
    return new Promise<never>((_, reject) => stop.signal.addEventListener('abort', () => reject(stop.signal.reason)))
  }
  const rest = collect(running)
  while (waiting === 0) await setImmediate()
  const reason = new Error('enough')
  stop.abort(reason)
  await expect(rest).rejects.toBe(reason)
  await expect(collect(history.entries({ signal: stop.signal }))).rejects.toBe(reason)
  await expect(history.block(3, { signal: stop.signal })).rejects.toBe(reason)
  made.objects.onCall = () => undefined
})

test('who gives up asking does not disturb others who ask for the same', async () => {
  const { history } = await opened(made)
  let answer: (() => void) | undefined
  made.objects.onCall = () =>
    new Promise((resolve) => {
      answer = resolve
    })
  const stop = new AbortController()
  const [first, second] = [history.block(60, { signal: stop.signal }), history.block(60)]
  while (answer === undefined) await setImmediate()
  const reason = new Error('enough')
  stop.abort(reason)
  await expect(first).rejects.toBe(reason)
  answer()
  made.objects.onCall = () => undefined
  expect((await second)?.number).toBe(60n)
})

test('an iteration that is left ends its requests', async () => {
  const { history } = await opened(made)
  const running = history.batches()
  for (let i = 0; i < 6; i++) await running.next()
  const seen = watched(made.objects)
  await running.next()
  await running.return()
  for (let i = 0; i < 20; i++) await setImmediate()
  const { asked } = seen
  for (let i = 0; i < 20; i++) await setImmediate()
  expect(seen.asked).toBe(asked)
})

test('requests of an iteration that is left are ended', async () => {
  let [waiting, ended] = [0, 0]
  const getRange: Objects['getRange'] = (key, from, to, options = {}) => {
    if (waiting + ended < 5 && ++ended) return made.objects.getRange(key, from, to, options)
    return new Promise((_, reject) => {
      waiting++
      const signal = options.signal as AbortSignal
      signal.addEventListener('abort', () => {
        waiting--
        reject(signal.reason)
      })
    })
  }
  const { history } = await opened([{ ...made.objects, getRange }])
  const running = history.runs()
  for (let i = 0; i < 4; i++) await running.next()
  await expect.poll(() => waiting).toBeGreaterThan(0)
  await running.return()
  expect(waiting).toBe(0)
})

test('what was read before a failure is delivered', async () => {
  const { history } = await opened(made)
  const calls: string[] = []
  made.objects.onCall = ({ key }) => {
    if (calls.at(-1) !== key) calls.push(key)
    if (calls.length > 3) throw new LocationError('DENIED', 'no')
  }
  const read: unknown[] = []
  const reading = async (): Promise<void> => {
    for await (const entry of history.entries()) read.push(entry.number)
  }
  await expect(reading()).rejects.toMatchObject({ code: 'UNREACHABLE' })
  const leaf = made.leaves[3]
  expect(read.at(-1)).toBe(leaf?.kind === 'segment' ? leaf.end.number - 1n : undefined)
  made.objects.onCall = () => undefined
})

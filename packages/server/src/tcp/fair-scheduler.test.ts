import type { Timer } from '@datastreamer/runtime'
import { ManualClock } from '@datastreamer/runtime/testing'
import { expect, test } from 'vitest'
import {
  BACKLOG_COST,
  FairScheduler,
  MOST_SAVED_FOR_NEW_CLIENTS_MS,
  NEW_CLIENTS_SHARE,
  type Rank,
  SLICE_MS,
  THROTTLE_MS,
  THROTTLED_SHARE,
} from './fair-scheduler.ts'

/** Time that passes only while somebody works or waits. */
class TestClock extends ManualClock {
  ms = 0
  readonly #soon: (() => void)[] = []
  readonly #later: { readonly at: number; readonly call: () => void }[] = []

  override now(): number {
    return this.ms
  }

  override soon(call: () => void): void {
    this.#soon.push(call)
  }

  override after(ms: number, call: () => void): Timer {
    this.#later.push({ at: this.ms + ms, call })
    return { cancel: () => {}, restart: () => {} }
  }

  /** One turn of the loop; waits if nothing is to be done soon. */
  turn(): boolean {
    const soon = this.#soon.shift()
    const later = soon === undefined ? this.#later.shift() : undefined
    this.ms = Math.max(this.ms, later?.at ?? 0)
    const call = soon ?? later?.call
    call?.()
    return call !== undefined
  }
}

/** Has so many shares of work, each of which takes a while. */
function worker(clock: TestClock, name: string, shares: number, did: string[], rank: Rank = 'single') {
  const shareMs = 0.1
  let left = shares
  return {
    rank,
    runTurn(): boolean {
      clock.ms += shareMs
      did.push(name)
      return --left > 0
    },
  }
}

test('one that has ten thousand shares of work gets one between two of another', () => {
  const clock = new TestClock()
  const scheduler = new FairScheduler(clock)
  const did: string[] = []
  scheduler.enqueue(worker(clock, 'flood', 10_000, did))
  scheduler.enqueue(worker(clock, 'other', 50, did))
  while (did.filter((name) => name === 'other').length < 50) clock.turn()
  expect(did.slice(0, did.lastIndexOf('other')).join(' ')).not.toContain('flood flood')
})

test('after a slice other events are handled', () => {
  const clock = new TestClock()
  const scheduler = new FairScheduler(clock)
  const did: string[] = []
  scheduler.enqueue(worker(clock, 'flood', 1000, did))
  for (let before = 0; clock.turn(); before = clock.ms) expect(clock.ms - before).toBeLessThan(SLICE_MS + 0.2)
  expect(did).toHaveLength(1000)
})

test.each([
  ['single', 1],
  ['backlog', BACKLOG_COST],
] as const)('while operations are being committed, all of rank %s together have a part of the time', (rank, cost) => {
  const clock = new TestClock()
  const scheduler = new FairScheduler(clock)
  const did: string[] = []
  for (let i = 0; i < 20; i++) scheduler.enqueue(worker(clock, `${i}`, 10_000, did, rank))
  const began = clock.ms
  while (clock.ms - began < 10 * THROTTLE_MS) {
    scheduler.onCommit()
    clock.turn()
  }
  const worked = did.length * 0.1 * cost
  expect(worked).toBeLessThan((clock.ms - began) * THROTTLED_SHARE * 1.2 + 1)
  expect(worked).toBeGreaterThan((clock.ms - began) * THROTTLED_SHARE * 0.5)
  expect(new Set(did.slice(0, 20)).size).toBe(20)
})

test('what is live has its turn at once, also while others are throttled, and others are handled in between', () => {
  const clock = new TestClock()
  const scheduler = new FairScheduler(clock)
  const did: string[] = []
  for (let i = 0; i < 20; i++) scheduler.enqueue(worker(clock, 'flood', 10_000, did, 'backlog'))
  for (let i = 0; i < 20; i++) scheduler.enqueue(worker(clock, 'other', 10_000, did))
  for (let turns = 0; turns < 20; turns++) {
    scheduler.onCommit()
    clock.turn()
  }
  const began = clock.ms
  const before = did.length
  for (let i = 0; i < 20; i++) scheduler.enqueue(worker(clock, 'live', 5, did, 'live'))
  while (did.filter((name) => name === 'live').length < 100) {
    scheduler.onCommit()
    const turnBegan = clock.ms
    clock.turn()
    expect(clock.ms - turnBegan).toBeLessThan(SLICE_MS + 0.2)
  }
  const others = did.slice(before).filter((name) => name !== 'live').length * 0.1
  expect(others).toBeLessThan((clock.ms - began) * THROTTLED_SHARE + 1.5)
})

test('a thousand new clients have their turns at once, and those who come again and again are throttled', () => {
  const clock = new TestClock()
  const scheduler = new FairScheduler(clock)
  const did: string[] = []
  const workedBy = (name: string): number => did.filter((one) => one === name).length * 0.1
  for (let i = 0; i < 1000; i++) scheduler.enqueue(worker(clock, 'new client', 1, did, 'new'))
  while (workedBy('new client') < 99.95) {
    scheduler.onCommit()
    clock.turn()
  }
  expect(clock.ms).toBeLessThan(101)
  const began = clock.ms
  for (let i = 0; i < 20; i++) scheduler.enqueue(worker(clock, 'again', 100_000, did, 'new'))
  while (clock.ms - began < 100 * THROTTLE_MS) {
    scheduler.onCommit()
    clock.turn()
  }
  const passed = clock.ms - began
  const saved = MOST_SAVED_FOR_NEW_CLIENTS_MS - 100
  expect(workedBy('again')).toBeLessThan(saved + passed * (THROTTLED_SHARE + NEW_CLIENTS_SHARE) * 1.2 + 1)
  expect(workedBy('again')).toBeGreaterThan(saved)
})

test('a task that waits already keeps its position', () => {
  const clock = new TestClock()
  const scheduler = new FairScheduler(clock)
  const did: string[] = []
  const first = worker(clock, 'first', 1, did)
  scheduler.enqueue(first)
  scheduler.enqueue(worker(clock, 'second', 1, did))
  scheduler.enqueue(first)
  clock.turn()
  expect(did).toEqual(['first', 'second'])
})

test('one that asks for one thing is before all but one of those with a backlog', () => {
  const clock = new TestClock()
  const scheduler = new FairScheduler(clock)
  const did: string[] = []
  for (let i = 0; i < 20; i++) scheduler.enqueue(worker(clock, `flood ${i}`, 10_000, did, 'backlog'))
  for (let asked = 1; asked <= 10; asked++) {
    for (let i = 0; i < 5; i++) clock.turn()
    const before = did.length
    scheduler.enqueue(worker(clock, 'other', 1, did))
    while (did.filter((name) => name === 'other').length < asked) clock.turn()
    expect(did.slice(before).indexOf('other')).toBeLessThan(2)
  }
})

test('those with a backlog have no more shares each than the others, and no fewer than half', () => {
  const clock = new TestClock()
  const scheduler = new FairScheduler(clock)
  const did: string[] = []
  for (let i = 0; i < 100; i++) scheduler.enqueue(worker(clock, 'reader', 10_000, did))
  for (let i = 0; i < 10; i++) scheduler.enqueue(worker(clock, 'flood', 10_000, did, 'backlog'))
  while (did.length < 2200) clock.turn()
  const floods = did.filter((name) => name === 'flood').length
  expect(floods).toBeLessThanOrEqual(200)
  expect(floods).toBeGreaterThan(100)
})

import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Deadline } from './deadline.ts'
import { ManualClock } from './manual-clock.ts'

test('passes at its time, after the input that is waiting then', async () => {
  const clock = new ManualClock()
  let passed = 0
  new Deadline(clock, 100, () => passed++)
  clock.advance(99)
  await turn()
  expect(passed).toBe(0)
  clock.advance(1)
  expect(passed).toBe(0)
  await turn()
  expect(passed).toBe(1)
})

test('what waited in time meets it', async () => {
  const clock = new ManualClock()
  let passed = 0
  const deadline = new Deadline(clock, 100, () => passed++)
  clock.advance(100)
  deadline.cancel()
  await turn()
  new Deadline(clock, 100, () => passed++).cancel()
  clock.advance(100)
  await turn()
  expect(passed).toBe(0)
})

test('one that is over already passes', async () => {
  const clock = new ManualClock()
  let passed = 0
  new Deadline(clock, -5, () => passed++)
  await turn()
  await turn()
  expect(passed).toBe(1)
})

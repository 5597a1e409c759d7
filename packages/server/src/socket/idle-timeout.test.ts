import { ManualClock, turns } from '@datastreamer/runtime/testing'
import { expect, test } from 'vitest'
import { IdleTimeout } from './idle-timeout.ts'

function limited(): { clock: ManualClock; idle: IdleTimeout; reports: () => number } {
  const clock = new ManualClock()
  let reports = 0
  return { clock, idle: new IdleTimeout(clock, () => reports++), reports: () => reports }
}

test('reports once nothing came for so long', async () => {
  const { clock, idle, reports } = limited()
  idle.start(100)
  for (let i = 0; i < 5; i++) {
    await clock.pass(99)
    idle.touch()
  }
  expect(reports()).toBe(0)
  await clock.pass(99)
  expect(reports()).toBe(0)
  await clock.pass(1)
  expect(reports()).toBe(1)
  idle.start(10)
  idle.stop()
  idle.start(0)
  await clock.pass(1000)
  expect(reports()).toBe(1)
})

test('counts what came while the process was busy, and starts anew', async () => {
  const { clock, idle, reports } = limited()
  idle.start(100)
  clock.advance(150)
  idle.touch()
  await turns()
  await clock.pass(99)
  expect(reports()).toBe(0)
  await clock.pass(1)
  expect(reports()).toBe(1)
})

test('one that is stopped when its time is over reports nothing', async () => {
  const { clock, idle, reports } = limited()
  idle.start(100)
  clock.advance(100)
  idle.stop()
  await turns()
  expect(reports()).toBe(0)
})

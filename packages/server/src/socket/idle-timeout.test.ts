import { ManualClock, turns } from '@datastreamer/runtime/testing'
import { expect, test } from 'vitest'
import { Silence } from './idle-timeout.ts'

function limited(): { clock: ManualClock; silence: Silence; reports: () => number } {
  const clock = new ManualClock()
  let reports = 0
  return { clock, silence: new Silence(clock, () => reports++), reports: () => reports }
}

test('reports once nothing was heard for so long', async () => {
  const { clock, silence, reports } = limited()
  silence.limit(100)
  for (let i = 0; i < 5; i++) {
    await clock.pass(99)
    silence.heard()
  }
  expect(reports()).toBe(0)
  await clock.pass(99)
  expect(reports()).toBe(0)
  await clock.pass(1)
  expect(reports()).toBe(1)
  silence.limit(10)
  silence.stop()
  silence.limit(0)
  await clock.pass(1000)
  expect(reports()).toBe(1)
})

test('hears what came while the process was busy, and counts from then on', async () => {
  const { clock, silence, reports } = limited()
  silence.limit(100)
  clock.advance(150)
  silence.heard()
  await turns()
  await clock.pass(99)
  expect(reports()).toBe(0)
  await clock.pass(1)
  expect(reports()).toBe(1)
})

test('one that is stopped when its time is over reports nothing', async () => {
  const { clock, silence, reports } = limited()
  silence.limit(100)
  clock.advance(100)
  silence.stop()
  await turns()
  expect(reports()).toBe(0)
})

import { expect, test } from 'vitest'
import { ManualClock } from './manual-clock.ts'
import { sleep } from './sleep.ts'

test('ends at its time', async () => {
  const clock = new ManualClock()
  const { signal } = new AbortController()
  let awake = false
  const slept = sleep(clock, 100, { signal }).then(() => {
    awake = true
  })
  clock.advance(99)
  await Promise.resolve()
  expect(awake).toBe(false)
  clock.advance(1)
  await slept
})

test('a signal ends it with its reason, and leaves no timer', async () => {
  const clock = new ManualClock()
  const controller = new AbortController()
  const slept = sleep(clock, 100, { signal: controller.signal })
  controller.abort('enough')
  await expect(slept).rejects.toBe('enough')
  const { armed } = clock
  await expect(sleep(clock, 100, { signal: controller.signal })).rejects.toBe('enough')
  expect(clock.armed).toBe(armed)
})

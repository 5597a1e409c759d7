import { expect, test } from 'vitest'
import { ManualClock } from './manual-clock.ts'

test('timers fire in the order in which they are due, at their time', () => {
  const clock = new ManualClock()
  const fired: string[] = []
  const note = (name: string) => () => void fired.push(`${name} at ${clock.now()}`)
  clock.after(30, note('late'))
  clock.after(10, note('first'))
  clock.after(10, note('second'))
  clock.every(20, note('every'))
  clock.after(10, () => clock.after(5, note('nested')))
  clock.advance(45)
  expect(fired).toEqual(['first at 10', 'second at 10', 'nested at 15', 'every at 20', 'late at 30', 'every at 40'])
  expect(clock.now()).toBe(45)
})

test('a timer that was restarted counts from then on, one that was cancelled is gone', () => {
  const clock = new ManualClock()
  let fired = 0
  const timer = clock.after(10, () => fired++)
  clock.advance(9)
  timer.restart()
  clock.advance(9)
  expect(fired).toBe(0)
  clock.advance(1)
  expect(fired).toBe(1)
  timer.restart()
  clock.advance(10)
  expect(fired).toBe(2)
  timer.restart()
  timer.cancel()
  timer.cancel()
  clock.advance(10)
  expect(fired).toBe(2)
})

test('what is due at once fires soon, without being moved', async () => {
  const clock = new ManualClock()
  await new Promise<void>((resolve) => {
    let isHere = true
    clock.after(0, () => {
      expect(isHere).toBe(false)
      resolve()
    })
    isHere = false
  })
  expect(clock.now()).toBe(0)
})

test('says when somebody has begun to wait', async () => {
  const clock = new ManualClock()
  const { armed } = clock
  const begun = clock.armedBeyond(armed)
  const exact = clock.waitingFor(7)
  clock.after(7, () => {})
  await Promise.all([begun, exact])
  expect(clock.armed).toBe(armed + 1)
})

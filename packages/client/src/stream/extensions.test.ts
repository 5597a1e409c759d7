import { ManualClock } from '@datastreamer/runtime/testing'
import { expect, test } from 'vitest'
import { MissingExtensions } from './extensions.ts'

test('what a server lacks is remembered for ten minutes', () => {
  const clock = new ManualClock()
  const missing = new MissingExtensions(clock)
  missing.add(['compression'])
  expect([missing.has('compression'), missing.has('operationBoundaries')]).toEqual([true, false])
  clock.advance(599_999)
  expect(missing.has('compression')).toBe(true)
  clock.advance(1)
  expect(missing.has('compression')).toBe(false)
})

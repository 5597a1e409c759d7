import { expect, test } from 'vitest'
import { faultOf, type LiveReport } from './live-readers.ts'

const GOOD: LiveReport = {
  samples: 30,
  p50: 100,
  p90: 200,
  p99: 300,
  p999: 400,
  max: 500,
  gaps: 0,
  repeats: 0,
  closed: 0,
  entries: 120,
  fewest: 40,
  pause: 1000,
}

test('readers that all got everything in order have no fault', () => {
  expect(faultOf(GOOD, 3, 40)).toBeUndefined()
})

test.each([
  ['closed', { closed: 1 }, '1 of 3 readers were closed'],
  ['left out', { gaps: 2 }, '2 entries were left out, 0 repeated'],
  ['repeated', { repeats: 1 }, '0 entries were left out, 1 repeated'],
  ['missing at the end', { fewest: 39 }, 'a reader got 39 of 40 entries'],
  ['without a time', { samples: 0 }, 'all of it was warm-up'],
])('%s', (_, differing, fault) => {
  expect(faultOf({ ...GOOD, ...differing }, 3, 40)).toBe(fault)
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BoundarySequence } from './boundary-sequence.ts'
import { boundaryAt, type KnownBoundaries, NO_BOUNDARIES } from './known-boundaries.ts'

/** All boundaries up to the last one are known. */
function endsOf(known: readonly number[]): KnownBoundaries {
  return {
    lastUpTo: async (number) => known.findLast((end) => end <= number),
    isKnownAt: async (number) => known.some((end) => end > number),
  }
}

test('without knowledge the first boundary says so, and commit points are boundaries', async () => {
  const boundaries = new BoundarySequence(NO_BOUNDARIES)
  expect(await boundaries.around(3, 8, false)).toEqual({ before: [boundaryAt(3, true)], end: undefined })
  expect(await boundaries.around(8, 10, false)).toEqual({ before: [], end: undefined })
  expect(await boundaries.around(10, 12, true)).toEqual({ before: [], end: 12 })
  expect(await boundaries.around(12, 13, false)).toEqual({ before: [boundaryAt(12, true)], end: undefined })
})

test('what was said and not sent is said again', async () => {
  const boundaries = new BoundarySequence(NO_BOUNDARIES)
  await boundaries.around(3, 8, false)
  boundaries.forget()
  expect(await boundaries.around(3, 8, false)).toEqual({ before: [boundaryAt(3, true)], end: undefined })
})

test.each([
  ['at entry 0', 0, [], [boundaryAt(0, false), boundaryAt(0, true)]],
  ['at a known end', 3, [3], [boundaryAt(3, false), boundaryAt(3, true)]],
  ['after the known ones', 4, [3], [boundaryAt(4, true)]],
  ['before a known end', 3, [9], []],
  ['at one, before another', 3, [3, 9], [boundaryAt(3, false)]],
] as const)('a stream that begins %s', async (_name, from, known, before) => {
  expect(await new BoundarySequence(endsOf(known)).around(from, 8, false)).toEqual({ before, end: undefined })
})

test('operation boundaries stand at ends, the last of each run, and none is missing at the commit point', async () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 30 })
  const runs = fc.array(fc.integer({ min: 1, max: 12 }))
  await fc.assert(
    fc.asyncProperty(lengths, runs, fc.nat(10), async (operations, runLengths, skip) => {
      let total = 0
      const ends = operations.map((length) => {
        total += length
        return total
      })
      const boundaries = new BoundarySequence(endsOf(ends))
      let at = Math.min(skip, total - 1)
      for (let i = 0; at < total; i++) {
        const to = Math.min(total, at + (runLengths[i] ?? 12))
        const { before, end } = await boundaries.around(at, to, to === total)
        const atEnd = at === 0 || ends.includes(at)
        expect(before).toEqual(i === 0 && atEnd ? [boundaryAt(at, false)] : [])
        expect(end).toBe(ends.findLast((one) => one > at && one <= to))
        at = end ?? to
      }
    }),
  )
})

import { expect, test } from 'vitest'
import { planExport, rangesText } from './plan.ts'

const runs = [
  { from: 0n, to: 8191n },
  { from: 8192n * 3n, to: 8192n * 4n + 9n },
  { from: 8192n * 4n + 20n, to: 8192n * 4n + 29n },
]

test('eras, one with a gap inside, and what is missing between', () => {
  expect(planExport({ runs })).toEqual({
    eras: [
      { era: 0n, ranges: [{ from: 0n, to: 8191n }] },
      { era: 3n, ranges: [{ from: 24_576n, to: 32_767n }] },
      {
        era: 4n,
        ranges: [
          { from: 32_768n, to: 32_777n },
          { from: 32_788n, to: 32_797n },
        ],
      },
    ],
    missing: [
      { from: 8192n, to: 24_575n },
      { from: 32_778n, to: 32_787n },
    ],
    blocks: 8192n + 8192n + 10n + 10n,
  })
})

test.each([
  [{ from: 8000n, to: 9000n }, '8000..8191', '8192..9000'],
  [{ from: 5n, to: 5n }, '5..5', ''],
  [{ from: 10_000n, to: 10_001n }, '', '10000..10001'],
  [{ from: 32_797n, to: 40_000n }, '32797..32797', '32798..40000'],
  [{ from: 7n, to: 3n }, '', ''],
])('of %o', (range, held, missing) => {
  const plan = planExport({ runs }, range)
  expect(rangesText(plan.eras.flatMap(({ ranges }) => ranges))).toBe(held)
  expect(rangesText(plan.missing)).toBe(missing)
})

test('nothing at all', () => {
  expect(planExport({ runs: [] })).toEqual({ eras: [], missing: [], blocks: 0n })
})

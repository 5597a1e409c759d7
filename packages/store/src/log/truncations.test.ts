import { expect, test } from 'vitest'
import { randomFrom } from '../../test/sim/random.ts'
import { Truncations } from './truncations.ts'

test('the fewest entries since any truncation', () => {
  const random = randomFrom(1)
  const truncations = new Truncations()
  const all: number[] = []
  for (let i = 0; i < 300; i++) {
    expect(truncations.count).toBe(all.length)
    for (let since = 0; since <= all.length; since++) {
      expect(truncations.fewestSince(since)).toBe(Math.min(Number.POSITIVE_INFINITY, ...all.slice(since)))
    }
    const total = random.int(0, 40)
    truncations.note(total)
    all.push(total)
  }
})

test('beyond the limit, the oldest count as one that left the fewest entries', () => {
  const truncations = new Truncations()
  for (let i = 0; i < 10_001; i++) truncations.note(i)
  expect(truncations.fewestSince(0)).toBe(0)
  expect(truncations.fewestSince(1)).toBe(0)
  expect(truncations.fewestSince(2)).toBe(2)
  expect(truncations.fewestSince(10_000)).toBe(10_000)
})

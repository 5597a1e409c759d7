import { expect, test } from 'vitest'
import { Random } from './random.ts'

test('without keys it is SplitMix64 from state 0', () => {
  const random = new Random()
  expect([random.next(), random.next(), random.next()]).toEqual([
    0xe220a8397b1dcdafn,
    0x6e789e6aa1b965f4n,
    0x06c45d188009454fn,
  ])
})

test('each list of keys has numbers of its own', () => {
  const first = [[1n], [2n], [1n, 1n], [1n, 2n], [2n, 1n], [-1n], [1n << 64n]].map((keys) => new Random(...keys).next())
  expect(new Set(first).size).toBe(first.length)
  expect(new Random(5n, 6n).next()).toBe(new Random(5n, 6n).next())
})

test('stays between its bounds and reaches both', () => {
  const random = new Random(3n)
  const drawn = new Set(Array.from({ length: 200 }, () => random.between(2, 5)))
  expect(drawn).toEqual(new Set([2, 3, 4, 5]))
})

test.each([0, 1, 7, 8, 9, 32])('gives %i bytes', (length) => {
  expect(new Random(1n).bytes(length)).toHaveLength(length)
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countConsecutive } from './consecutive.ts'

const entry = (number: bigint) => ({ type: 1, number, data: new Uint8Array(0) })
/** Numbers around 0, around 2^53 where doubles stop being exact, and at the end of u64. */
const starts = fc.oneof(
  fc.bigInt(0n, 100n),
  fc.bigInt(2n ** 53n - 20n, 2n ** 53n + 20n),
  fc.bigInt(2n ** 64n - 40n, 2n ** 64n - 21n),
)

test('counts up to the first number that is off by anything', () => {
  fc.assert(
    fc.property(starts, fc.nat(20), fc.nat(19), fc.bigInt(1n, 2n ** 64n - 1n), (first, length, at, off) => {
      const entries = Array.from({ length }, (_, i) => entry(first + BigInt(i)))
      expect(countConsecutive(entries, first)).toBe(length)
      const wrong = entries[at]
      if (wrong === undefined) return
      entries[at] = entry((wrong.number + off) % 2n ** 64n)
      expect(countConsecutive(entries, first)).toBe(at)
    }),
  )
})

test('a number that only rounds to the expected one is off', () => {
  expect(countConsecutive([entry(2n ** 53n + 1n)], 2n ** 53n)).toBe(0)
})

import { expect, test } from 'vitest'
import { valueHash } from './value-hash.ts'

// Of the vectors that its authors published: key 00 to 07, messages 00, 01, 02... of these lengths.
test.each([
  [1, 0xb85a4727],
  [5, 0x69b6fac5],
  [9, 0x79e706f8],
  [13, 0xff63e677],
  [17, 0x5b6474c4],
  [21, 0xb3623f61],
])('HalfSipHash-2-4 of %i bytes', (length, expected) => {
  const bytes = Uint8Array.from({ length: 40 }, (_, i) => (i - 3) & 0xff)
  const hash = valueHash(Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7))
  expect(hash(bytes, 3, length - 1, length - 1)).toBe(expected)
})

test('depends on the key and on the last byte', () => {
  const value = new Uint8Array(32)
  const hash = valueHash(new Uint8Array(8))
  const other = valueHash(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1))
  expect(new Set([hash(value, 0, 32, 1), hash(value, 0, 32, 2), other(value, 0, 32, 1)]).size).toBe(3)
})

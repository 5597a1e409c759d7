import { expect, test } from 'vitest'
import { TruncatedError, u64Of } from './entry-source.ts'

test.each([0, 7, Number.MAX_SAFE_INTEGER, 0n, 2n ** 64n - 1n])('%s names an entry', (value) => {
  expect(u64Of(value, 'from')).toBe(BigInt(value))
})

test.each([-1, 0.5, Number.NaN, 2 ** 53, -1n, 2n ** 64n])('%s does not', (value) => {
  expect(() => u64Of(value, 'from')).toThrow(RangeError)
  expect(() => u64Of(value, 'from')).toThrow(`from is ${value}`)
})

test('a truncation says what was delivered, and what is there', () => {
  const error = new TruncatedError('TRUNCATED', 9n, 5n)
  expect(error).toMatchObject({ name: 'TruncatedError', code: 'TRUNCATED', lastDelivered: 9n, totalEntries: 5n })
  expect(error.message).toBe('the stream was truncated: entries up to 9 delivered, the stream has 5')
  expect(new TruncatedError('REWRITTEN', 9n, 12n).message).toContain('another entry has number 9')
  expect(new TruncatedError('TRUNCATED', undefined, 0n).message).toContain('nothing delivered')
})

import { expect, test } from 'vitest'
import { readNumberRange } from './number-range.ts'

test.each([
  ['0..99', { first: 0, last: 99 }],
  ['7', { first: 7, last: 7 }],
  ['7..7', { first: 7, last: 7 }],
  ['100..', { first: 100 }],
])('%s is a range of numbers', (text, expected) => {
  expect(readNumberRange(text)).toEqual(expected)
})

test.each(['', '..', '..5', '3..1', 'a..b', '1...2', '-1..2', '1..99999999999999999'])('%j is none', (text) => {
  expect(() => readNumberRange(text)).toThrow('Expected numbers like')
})

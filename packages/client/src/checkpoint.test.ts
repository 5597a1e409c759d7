import { createHash } from 'node:crypto'
import { encodeEntry } from '@datastreamer/format'
import { expect, test } from 'vitest'
import { entryAt } from '../test/support/entries.ts'
import { checkpointOf, parseCheckpoint } from './checkpoint.ts'

const sha256 = (...numbers: bigint[]) => {
  const hash = createHash('sha256')
  for (const number of numbers) hash.update(encodeEntry(entryAt(number)))
  return hash.digest('hex')
}

test('names an entry and its hash, or two of them', () => {
  expect(checkpointOf(entryAt(7n))).toBe(`7:${sha256(7n)}`)
  expect(checkpointOf(entryAt(7n), entryAt(7n))).toBe(`7:${sha256(7n)}`)
  expect(checkpointOf(entryAt(7n), entryAt(4n))).toBe(`4-7:${sha256(4n, 7n)}`)
  expect(() => checkpointOf(entryAt(4n), entryAt(7n))).toThrow(RangeError)
})

test('can be taken apart, to the largest number', () => {
  const [one, two] = [checkpointOf(entryAt(7n)), checkpointOf({ ...entryAt(1n), number: 2n ** 64n - 1n }, entryAt(4n))]
  expect(parseCheckpoint(one)).toEqual({ text: one, first: 7n, last: 7n })
  expect(parseCheckpoint(two)).toEqual({ text: two, first: 4n, last: 2n ** 64n - 1n })
})

test.each([
  '',
  '7',
  `7:${'0'.repeat(63)}`,
  `7:${'G'.repeat(64)}`,
  `-7:${'0'.repeat(64)}`,
  `7-7:${'0'.repeat(64)}`,
  `8-7:${'0'.repeat(64)}`,
  `${2n ** 64n}:${'0'.repeat(64)}`,
  `7:${'0'.repeat(64)}\n`,
  // What comes out of a database or JSON may be anything.
  JSON.parse('7'),
  JSON.parse('null'),
  JSON.parse('{"entry":"7"}'),
])('%j is none', (text) => {
  expect(() => parseCheckpoint(text)).toThrow(TypeError)
})

import { createHash } from 'node:crypto'
import { encodeEntry } from '@datastreamer/format'
import { describe, expect, test } from 'vitest'
import { reconcile } from './reconcile.ts'

const entry = (number: bigint) => ({ type: 1, number, data: Uint8Array.of(Number(number)) })
const digest = (number: bigint) =>
  Uint8Array.from(
    createHash('sha256')
      .update(encodeEntry(entry(number)))
      .digest(),
  )

/** Acknowledged were two entries; two operations, of two entries and of one, are not. */
const states = [
  { totalEntries: 2n, last: digest(1n) },
  { totalEntries: 4n, last: entry(3n) },
  { totalEntries: 5n, last: entry(4n) },
]

test.each([2n, 4n, 5n])('finds the state with %i entries', (totalEntries) => {
  const index = reconcile(states, { totalEntries, digest: digest(totalEntries - 1n) })
  expect(states[index]?.totalEntries).toBe(totalEntries)
})

test('operations without entries count as written', () => {
  const empty = [...states, { totalEntries: 5n, last: entry(4n) }]
  expect(reconcile(empty, { totalEntries: 5n, digest: digest(4n) })).toBe(3)
})

test('a last entry that is not known is not compared', () => {
  expect(reconcile([{ totalEntries: 7n, last: undefined }], { totalEntries: 7n, digest: digest(1n) })).toBe(0)
})

describe('is in none of the states', () => {
  test.each([
    [0n, 'ENTRIES_MISSING'],
    [1n, 'ENTRIES_MISSING'],
    [3n, 'ENTRIES_UNKNOWN'],
    [6n, 'ENTRIES_UNKNOWN'],
  ])('with %i entries: %s', (totalEntries, code) => {
    expect(() => reconcile(states, { totalEntries, digest: digest(totalEntries) })).toThrow(
      expect.objectContaining({ code, expectedEntries: 2n, serverTotalEntries: totalEntries }),
    )
  })

  test.each([2n, 4n, 5n])('with %i entries of which the last is another', (totalEntries) => {
    expect(() => reconcile(states, { totalEntries, digest: digest(9n) })).toThrow(
      expect.objectContaining({ code: 'LAST_ENTRY_DIFFERS', serverTotalEntries: totalEntries }),
    )
  })
})

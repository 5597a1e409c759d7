import { expect, test } from 'vitest'
import { fragment } from '../../../test/bookmarks/made-level.ts'
import { readRecords } from './records.ts'

const BLOCK_BYTES = 32_768
const HEAD_BYTES = 7
const [FULL, FIRST, MIDDLE, LAST] = [1, 2, 3, 4]

const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte)
const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

/** Three records, the second over three blocks; bytes that are too few for another head end the third block. */
function journal(): Uint8Array {
  const first = fragment(FULL, filled(10, 1))
  const begin = fragment(FIRST, filled(BLOCK_BYTES - first.length - HEAD_BYTES, 2))
  const middle = fragment(MIDDLE, filled(BLOCK_BYTES - HEAD_BYTES, 3))
  const end = fragment(LAST, filled(BLOCK_BYTES - HEAD_BYTES - 6, 4))
  return joined(first, begin, middle, end, new Uint8Array(6), fragment(FULL, filled(300, 5)))
}

test('records are joined of their fragments, over the ends of blocks', () => {
  const bytes = journal()
  const { records, end } = readRecords(bytes)
  expect(end).toBe(bytes.length)
  expect(records.map(({ length }) => length)).toEqual([10, 3 * BLOCK_BYTES - 17 - 3 * HEAD_BYTES - 6, 300])
  expect(records[0]).toEqual(filled(10, 1))
  const [first, second, third] = [BLOCK_BYTES - 17 - HEAD_BYTES, BLOCK_BYTES - HEAD_BYTES, BLOCK_BYTES - HEAD_BYTES - 6]
  expect(Buffer.compare(records[1] as Uint8Array, joined(filled(first, 2), filled(second, 3), filled(third, 4)))).toBe(
    0,
  )
  expect(records[2]).toEqual(filled(300, 5))
})

test('a file without records has none, and one may be read from any record on', () => {
  expect(readRecords(new Uint8Array(0))).toEqual({ records: [], end: 0 })
  const bytes = journal()
  expect(readRecords(bytes, 3 * BLOCK_BYTES)).toEqual({ records: [filled(300, 5)], end: bytes.length })
  expect(readRecords(bytes, bytes.length)).toEqual({ records: [], end: bytes.length })
})

test('zeros to the end of a block are room that was not used', () => {
  const bytes = joined(fragment(FULL, filled(10, 1)), new Uint8Array(BLOCK_BYTES - 17), fragment(FULL, filled(10, 2)))
  expect(readRecords(bytes)).toEqual({ records: [filled(10, 1), filled(10, 2)], end: bytes.length })
  const zeros = joined(fragment(FULL, filled(10, 1)), new Uint8Array(100))
  expect(readRecords(zeros)).toEqual({ records: [filled(10, 1)], end: 17 })
})

test('a block may end with the head of a fragment that has nothing', () => {
  const first = fragment(FULL, filled(BLOCK_BYTES - 2 * HEAD_BYTES, 1))
  const bytes = joined(first, fragment(FIRST, filled(0, 0)), fragment(LAST, filled(20, 2)))
  const { records, end } = readRecords(bytes)
  expect(records.map(({ length }) => length)).toEqual([BLOCK_BYTES - 2 * HEAD_BYTES, 20])
  expect(end).toBe(bytes.length)
})

test('a last record that is cut off anywhere is left out', () => {
  const bytes = journal()
  const begin = 3 * BLOCK_BYTES
  for (const length of [1, 4, 6, 7, 8, 100, 306]) {
    const { records, end } = readRecords(bytes.subarray(0, begin + length))
    expect([records.length, end]).toEqual([2, begin - 6])
  }
  // Of a record of several fragments, some may be there.
  for (const length of [20, BLOCK_BYTES, BLOCK_BYTES + 20, 2 * BLOCK_BYTES, begin - 7]) {
    const { records, end } = readRecords(bytes.subarray(0, length))
    expect([records.length, end]).toEqual([1, 17])
  }
  const zeroed = bytes.slice()
  zeroed.fill(0, begin + 100)
  expect(readRecords(joined(zeroed, new Uint8Array(3 * BLOCK_BYTES))).records).toHaveLength(2)
})

test('damage before the last record is reported', () => {
  const whole = journal()
  const places = [0, 3, 4, 6, 7, 16, 17, 23, 24, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 6, 3 * BLOCK_BYTES - 7]
  for (const at of places) {
    const bytes = whole.slice()
    bytes[at] = (bytes[at] as number) ^ 0x10
    expect(() => readRecords(bytes), `byte ${at}`).toThrow(expect.objectContaining({ code: 'LEVEL_CORRUPTION' }))
  }
})

test('a length that leads too far is damage if something lies a block after it', () => {
  const bytes = journal()
  bytes[5] = 0xff
  expect(() => readRecords(bytes)).toThrow('a record at 0 is damaged')
  expect(readRecords(bytes.subarray(0, BLOCK_BYTES))).toEqual({ records: [], end: 0 })
  expect(() => readRecords(bytes.subarray(0, BLOCK_BYTES + 1))).toThrow('a record at 0 is damaged')
})

test('a record that does not match its checksum is damage if anything but zeros lies after it', () => {
  const record = fragment(FULL, filled(10, 1))
  record[8] = 2
  expect(readRecords(record)).toEqual({ records: [], end: 0 })
  expect(readRecords(joined(record, new Uint8Array(20)))).toEqual({ records: [], end: 0 })
  const damaged = 'a record at 0 does not match its checksum'
  expect(() => readRecords(joined(record, Uint8Array.of(0, 1)))).toThrow(damaged)
})

test.each([
  ['an end without a beginning', [LAST]],
  ['a middle without a beginning', [MIDDLE, LAST]],
  ['a beginning without an end', [FIRST, FULL]],
  ['two beginnings', [FIRST, FIRST]],
])('%s has lost a part', (_name, types) => {
  const bytes = joined(fragment(FULL, filled(1, 1)), ...types.map((type) => fragment(type, filled(5, 2))))
  expect(() => readRecords(bytes)).toThrow('has lost a part')
})

test.each([0, 5])('a type of %i is none', (type) => {
  expect(readRecords(fragment(type, filled(5, 2)))).toEqual({ records: [], end: 0 })
})

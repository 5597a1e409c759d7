import { expect, test } from 'vitest'
import {
  type CommitRecord,
  decodeRecord,
  encodeRecords,
  RECORD_BYTES,
  sameRecord,
  storedChecksum,
} from './commit-record.ts'

const record: CommitRecord = {
  totalLength: 0x1122_3344_55,
  totalEntries: 0x0304n,
  checksum: 0x0a0b_0c0d,
  endsOperation: true,
  isForeign: false,
  isDamaged: false,
}

test.each([
  {},
  { endsOperation: false },
  { isForeign: true },
  { isDamaged: true },
  { endsOperation: false, isForeign: true, isDamaged: true },
])('a record is read back, at any position: %o', (flags) => {
  const written = { ...record, ...flags }
  const bytes = encodeRecords([{ ...record, totalEntries: 1n }, written])
  expect(decodeRecord(bytes, RECORD_BYTES)).toEqual(written)
  expect(decodeRecord(bytes.subarray(RECORD_BYTES))).toEqual(written)
})

test('bytes without a checksum count as those of another program', () => {
  const bytes = encodeRecords([{ ...record, checksum: 0 }])
  expect(decodeRecord(bytes)).toEqual({ ...record, checksum: 0, isForeign: true })
})

test('a record that is incomplete, or has any bit flipped, is invalid', () => {
  const bytes = encodeRecords([record])
  expect(decodeRecord(bytes.subarray(0, RECORD_BYTES - 1))).toBeUndefined()
  expect(decodeRecord(encodeRecords([record, record]).subarray(0, -1), RECORD_BYTES)).toBeUndefined()
  for (let at = 0; at < RECORD_BYTES; at++) {
    const torn = bytes.slice()
    torn[at] = (torn[at] as number) ^ 1
    expect(decodeRecord(torn)).toBeUndefined()
  }
})

test('records are the same if end, checksum and damage are', () => {
  expect(sameRecord(record, { ...record, endsOperation: false, isForeign: true })).toBe(true)
  for (const other of [{ totalLength: 1 }, { totalEntries: 1n }, { checksum: 1 }, { isDamaged: true }]) {
    expect(sameRecord(record, { ...record, ...other })).toBe(false)
  }
})

test('a checksum of 0, which would mean unknown, is stored as another value', () => {
  expect([storedChecksum(0), storedChecksum(1), storedChecksum(0xffff_ffff)]).toEqual([0xffff_ffff, 1, 0xffff_ffff])
})

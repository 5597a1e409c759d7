import { expect, test } from 'vitest'
import { decodeEntryTypes, encodeEntryTypes, entryTypesOf, MAX_ENTRY_TYPES } from './entry-types.ts'

test('types lie anywhere among bytes', () => {
  const bytes = new Uint8Array([9, ...encodeEntryTypes([2, 0xb0]), 9])
  expect(decodeEntryTypes(bytes, 1)).toEqual([2, 0xb0])
  for (let size = 1; size < 11; size++) expect(decodeEntryTypes(bytes.subarray(0, size), 1)).toBeUndefined()
})

test('what a reading may be limited to', () => {
  expect(entryTypesOf(undefined)).toBeUndefined()
  expect(entryTypesOf([0, 0xffff_ffff, 0])).toEqual(new Set([0, 0xffff_ffff]))
  const most = Array.from({ length: MAX_ENTRY_TYPES }, (_, type) => type)
  expect(entryTypesOf(most)).toEqual(new Set(most))
  expect(() => entryTypesOf([])).toThrow(new RangeError('types has 0 entry types, expected 1 to 64'))
  expect(() => entryTypesOf([...most, 99])).toThrow(new RangeError('types has 65 entry types, expected 1 to 64'))
  for (const type of [-1, 1.5, 2 ** 32]) {
    expect(() => entryTypesOf([type])).toThrow(new RangeError(`entry type ${type} is no u32`))
  }
})

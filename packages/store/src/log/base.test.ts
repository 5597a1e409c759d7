import { HEADER_PAGE_BYTES, pageStart } from '@datastreamer/format'
import { describe, expect, test } from 'vitest'
import { BASE_OFFSETS, baseIn, decodeBase, encodeBase, NO_BASE, type StoredBase } from './base.ts'

const [FIRST, SECOND] = BASE_OFFSETS
const base: StoredBase = { sequence: 3, totalLength: pageStart(5), totalEntries: 0x1_0000_0002n, records: 7 }

function pageWith(...slots: readonly (readonly [at: number, bytes: Uint8Array])[]): Uint8Array {
  const page = new Uint8Array(HEADER_PAGE_BYTES)
  for (const [at, bytes] of slots) page.set(bytes, at)
  return page
}

function damaged(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))
}

test('a slot has 44 bytes, at bytes 1024 and 2048', () => {
  expect([FIRST, SECOND]).toEqual([1024, 2048])
  const hex = '64736273 00000001 0000000000000003 0000000000501000 0000000100000002 0000000000000007'.replaceAll(
    ' ',
    '',
  )
  expect(Buffer.from(encodeBase(base)).toString('hex')).toMatch(new RegExp(`^${hex}[0-9a-f]{8}$`))
  for (const at of BASE_OFFSETS) expect(decodeBase(pageWith([at, encodeBase(base)]), at)).toEqual(base)
})

test('a slot of which any bit is wrong is invalid', () => {
  const bytes = encodeBase(base)
  for (let at = 0; at < bytes.length; at++) expect(decodeBase(damaged(bytes, at), 0), `byte ${at}`).toBeUndefined()
  for (let length = 0; length < bytes.length; length++) expect(decodeBase(bytes.subarray(0, length), 0)).toBeUndefined()
})

test.each([
  ['inside a page', { totalLength: pageStart(5) + 1 }],
  ['in the header page', { totalLength: 1024 }],
  ['at the first page, with entries before it', { totalLength: pageStart(0) }],
  ['without entries before it', { totalEntries: 0n }],
])('no file begins %s', (_, other) => {
  expect(decodeBase(encodeBase({ ...base, ...other }), 0)).toBeUndefined()
})

describe('the base of a header page', () => {
  const older = { ...base, sequence: 2, totalLength: pageStart(2), totalEntries: 9n }

  test('is that of the newer slot, whichever it is', () => {
    expect(baseIn(pageWith([FIRST, encodeBase(base)], [SECOND, encodeBase(older)]))).toEqual(base)
    expect(baseIn(pageWith([FIRST, encodeBase(older)], [SECOND, encodeBase(base)]))).toEqual(base)
  })

  test('is that of the slot that can be read', () => {
    const rotten = damaged(encodeBase(base), 20)
    expect(baseIn(pageWith([FIRST, rotten], [SECOND, encodeBase(older)]))).toEqual(older)
    expect(baseIn(pageWith([FIRST, encodeBase(older)], [SECOND, rotten]))).toEqual(older)
    expect(baseIn(pageWith([FIRST, rotten], [SECOND, rotten]))).toBeUndefined()
  })

  test('is the beginning of the stream, if none was written completely', () => {
    expect(baseIn(pageWith())).toEqual(NO_BASE)
    expect(baseIn(pageWith([FIRST, encodeBase(base).subarray(0, 30)]))).toEqual(NO_BASE)
    // The first one was given up.
    const given = { ...NO_BASE, sequence: 4 }
    expect(baseIn(pageWith([FIRST, encodeBase(given)], [SECOND, encodeBase(base)]))).toEqual(given)
  })
})

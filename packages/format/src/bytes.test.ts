import { describe, expect, test } from 'vitest'
import { failure, hex, view } from '../test/support.ts'
import { concatBytes, decodeAscii, encodeAscii, readLength, u64, unsigned, viewOf } from './bytes.ts'

test('a view sees only the bytes that it is made of', () => {
  const memory = Uint8Array.of(1, 2, 3, 4, 5)
  const part = viewOf(memory.subarray(1, 3))
  expect(part.byteLength).toBe(2)
  expect(part.getUint8(0)).toBe(2)
  part.setUint8(1, 9)
  expect(memory[2]).toBe(9)
})

test('a view of a view is itself', () => {
  const part = view(hex('0102'))
  expect(viewOf(part)).toBe(part)
})

test('joined bytes are in fresh memory', () => {
  const part = hex('0102')
  const joined = concatBytes([part, hex(''), hex('03')])
  part.fill(0xff)
  expect(joined).toEqual(hex('010203'))
  expect(concatBytes([])).toEqual(hex(''))
})

describe('lengths', () => {
  test.each([
    ['0000000000000000', 0],
    ['00000000ffffffff', 0xffff_ffff],
    ['0000000100000000', 0x1_0000_0000],
    ['0001020304050607', 0x01020304050607],
    ['001fffffffffffff', Number.MAX_SAFE_INTEGER],
  ])('%s is %i', (digits, value) => {
    expect(readLength(view(hex(`ee ${digits}`)), 1, 'length')).toBe(value)
  })

  test.each(['0020000000000000', '0020000000000001', 'ffffffffffffffff'])('%s is refused', (digits) => {
    expect(failure(() => readLength(view(hex(`eeee ${digits}`)), 2, 'totalLength'))).toEqual({
      code: 'UNSAFE_NUMBER',
      offset: 2,
      message: `totalLength ${BigInt(`0x${digits}`)} is beyond 2^53 - 1 at byte 2`,
    })
  })
})

describe('numbers that a field cannot hold', () => {
  test.each([
    [0, 8],
    [255, 8],
    [256, 32],
    [0xffff_ffff, 32],
  ] as const)('%i is a u%i', (value, bits) => {
    expect(unsigned(value, bits, 'field')).toBe(value)
  })

  test.each([
    [-1, 8],
    [256, 8],
    [0.5, 8],
    [Number.NaN, 8],
    [-1, 32],
    [0x1_0000_0000, 32],
  ] as const)('%d is no u%i', (value, bits) => {
    expect(() => unsigned(value, bits, 'field')).toThrow(new RangeError(`field ${value} is no u${bits}`))
  })

  test('u64', () => {
    expect(u64(0n, 'field')).toBe(0n)
    expect(u64(2n ** 64n - 1n, 'field')).toBe(2n ** 64n - 1n)
    expect(() => u64(-1n, 'field')).toThrow(new RangeError('field -1 is no u64'))
    expect(() => u64(2n ** 64n, 'field')).toThrow(new RangeError('field 18446744073709551616 is no u64'))
  })
})

test('ASCII: what is not printable becomes a question mark', () => {
  expect(encodeAscii('a~ \x7f\x80é😀')).toEqual(hex('617e207f3f3f3f'))
  expect(decodeAscii(hex('1f 20 41 7e 7f 80 ff'))).toBe('? A~???')
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BitWriter, bitsFor, readBits } from './bits.ts'

const field = fc
  .integer({ min: 0, max: 32 })
  .chain((width) => fc.record({ width: fc.constant(width), value: fc.integer({ min: 0, max: 2 ** width - 1 }) }))

test('what is written bit by bit is read back, and the last byte is filled with zeros', () => {
  fc.assert(
    fc.property(fc.array(field, { maxLength: 40 }), fc.nat(3), (fields, from) => {
      const bits = fields.reduce((sum, { width }) => sum + width, 0)
      const bytes = new Uint8Array(from + Math.ceil(bits / 8))
      const writer = new BitWriter(bytes, from)
      for (const { value, width } of fields) writer.write(value, width)
      writer.align()
      let at = 8 * from
      for (const { value, width } of fields) {
        expect(readBits(bytes, at, width)).toBe(value)
        at += width
      }
      const text = [...bytes.subarray(from)].map((byte) => byte.toString(2).padStart(8, '0')).join('')
      const expected = fields.map(({ value, width }) => (width === 0 ? '' : value.toString(2).padStart(width, '0')))
      expect(text).toBe(expected.join('').padEnd(8 * Math.ceil(bits / 8), '0'))
    }),
  )
})

test('reads up to 40 bits at any bit', () => {
  const bytes = Uint8Array.of(0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde)
  const all = 0x123456789abcden
  for (let at = 0; at <= 15; at++) {
    expect(readBits(bytes, at, 40)).toBe(Number((all >> BigInt(16 - at)) & (2n ** 40n - 1n)))
  }
})

test('bits for a number of values', () => {
  expect([0, 1, 2, 3, 4, 5, 8192, 8193].map(bitsFor)).toEqual([0, 0, 1, 2, 2, 3, 13, 14])
})

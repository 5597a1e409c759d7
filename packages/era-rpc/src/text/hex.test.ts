import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hex, hexWriters, quantity } from './hex.ts'

test('bytes are two digits each, however they are written', () => {
  expect(hexWriters().length).toBeGreaterThan(1)
  const bytes = fc.uint8Array({ maxLength: 300 })
  const property = fc.property(bytes, fc.nat(3), (bytes, skipped) => {
    const part = bytes.subarray(skipped)
    const expected = `0x${[...part].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
    for (const write of [hex, ...hexWriters()]) expect(write(part)).toBe(expected)
  })
  fc.assert(property)
})

test('numbers have no leading zeros', () => {
  expect([0, 16, 0n, 2n ** 255n].map(quantity)).toEqual(['0x0', '0x10', '0x0', `0x8${'0'.repeat(63)}`])
})

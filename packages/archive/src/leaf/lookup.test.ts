import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HistoryError } from './history-error.ts'
import { decodeLookup, encodeLookup, type Lookup } from './lookup.ts'

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })
const u64 = fc.bigInt(0n, 2n ** 64n - 1n)
const leaf = fc.uint8Array({ minLength: 1, maxLength: 300 })
const lookups = fc.record({
  rows: fc.array(fc.record({ hash, entry: u64, block: u64, batch: u64, time: u64 }), { minLength: 1, maxLength: 5 }),
  edge: fc.array(hash, { minLength: 1, maxLength: 256 }),
  first: fc.record({ leaf, proof: fc.array(hash, { maxLength: 14 }) }),
  last: leaf,
})
const sizeOf = ({ rows, edge }: Lookup): number => 256 * (rows.length - 1) + edge.length

test('a lookup comes back as it was; any other length is refused', () => {
  fc.assert(
    fc.property(lookups, (lookup) => {
      const bytes = encodeLookup(lookup)
      expect(decodeLookup(bytes, sizeOf(lookup), 'lookup/1')).toEqual(lookup)
      expect(() => decodeLookup(bytes.subarray(0, -1), sizeOf(lookup), 'lookup/1')).toThrow(HistoryError)
      expect(() => decodeLookup(Uint8Array.of(...bytes, 0), sizeOf(lookup), 'lookup/1')).toThrow(HistoryError)
      expect(() => decodeLookup(bytes, sizeOf(lookup) + 1, 'lookup/1')).toThrow(HistoryError)
    }),
  )
})

test('bytes that are none are refused, whatever they are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      expect(() => decodeLookup(bytes, 300, 'lookup/300')).toThrow(HistoryError)
    }),
  )
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BlockSet } from './block-set.ts'

const ofRange = (first: number, last: number): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i)

test('a range, and what is kept of it', () => {
  fc.assert(
    fc.property(fc.nat(70), fc.integer({ min: -3, max: 69 }), fc.uniqueArray(fc.nat(69)), (first, last, indices) => {
      const range = BlockSet.range(70, first, last)
      expect(range.indices()).toEqual(ofRange(first, last))
      const set = BlockSet.none(70)
      for (const index of indices) set.add(index)
      expect(set.indices()).toEqual(indices.toSorted((a, b) => a - b))
      range.keep(set)
      expect(range.indices()).toEqual(set.indices().filter((index) => index >= first && index <= last))
      expect(range.isEmpty).toBe(range.indices().length === 0)
      set.addBitmap(Uint8Array.of(0b101, 0, 0, 0, 0, 0, 0, 0, 0b100))
      expect(set.indices()).toEqual([...new Set([...indices, 0, 2, 66])].toSorted((a, b) => a - b))
    }),
  )
})

import { HEADER_PAGE_BYTES, PAGE_BYTES } from '@datastreamer/format'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mostRunBytes, runEnd } from './run-end.ts'

const UNIT = 128 * 1024

test('a run ends in its page, at a fixed position, and is neither long nor short', () => {
  fc.assert(
    fc.property(fc.nat(3), fc.nat(PAGE_BYTES - 1), (page, inPage) => {
      const position = HEADER_PAGE_BYTES + page * PAGE_BYTES + inPage
      const end = runEnd(position, UNIT)
      const left = PAGE_BYTES - inPage
      expect((end - HEADER_PAGE_BYTES) % UNIT).toBe(0)
      expect(end - position).toBeLessThanOrEqual(Math.min(mostRunBytes(UNIT), left))
      expect(end - position).toBeGreaterThanOrEqual(Math.min(UNIT / 2, left))
    }),
  )
})

test('readers that begin anywhere end their runs where others do', () => {
  const ends = (from: number): number[] => {
    const found: number[] = []
    // An entry of 1,000 bytes lies across each end.
    for (let at = from; at < HEADER_PAGE_BYTES + PAGE_BYTES; at = runEnd(at, UNIT) - 1000) {
      found.push(runEnd(at, UNIT))
      if (runEnd(at, UNIT) === HEADER_PAGE_BYTES + PAGE_BYTES) break
    }
    return found
  }
  const all = ends(HEADER_PAGE_BYTES)
  expect(all).toHaveLength(8)
  fc.assert(
    fc.property(fc.nat(PAGE_BYTES - UNIT), (inPage) => {
      const found = ends(HEADER_PAGE_BYTES + inPage)
      expect(all.slice(-found.length)).toEqual(found)
    }),
  )
})

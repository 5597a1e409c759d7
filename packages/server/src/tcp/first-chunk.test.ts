import { encodeEntry, HEADER_PAGE_BYTES, PAGE_BYTES } from '@datastreamer/format'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { firstChunk } from './first-chunk.ts'

const sizes = fc.array(fc.nat(60), { minLength: 1, maxLength: 40 })

test('takes whole entries up to both limits, at least one', () => {
  fc.assert(
    fc.property(sizes, fc.nat(1000), fc.integer({ min: 1, max: 50 }), (lengths, maxBytes, count) => {
      const number = 7
      const entries = lengths.map((length, i) =>
        encodeEntry({ type: 1, number: BigInt(number + i), data: new Uint8Array(length) }),
      )
      const bytes = Uint8Array.from(Buffer.concat(entries))
      const start = HEADER_PAGE_BYTES + PAGE_BYTES
      const next = { position: start + bytes.length, number: number + entries.length }
      const chunk = firstChunk({ bytes, position: start, number, next }, { maxBytes, end: number + count })
      const taken = chunk.next.number - number
      const ends = entries.map((_, i) => entries.slice(0, i + 1).reduce((sum, entry) => sum + entry.length, 0))
      const allowed = ends.filter((end, i) => i < count && (i === 0 || end <= maxBytes)).length
      expect(taken).toBe(allowed)
      expect(chunk.bytes).toEqual(bytes.subarray(0, ends[taken - 1]))
      expect(chunk.next.position).toBe(start + (ends[taken - 1] ?? 0))
    }),
  )
})

test('leaves the position after padding to a run that is taken whole', () => {
  const bytes = encodeEntry({ type: 1, number: 0n, data: new Uint8Array(10) })
  const next = { position: HEADER_PAGE_BYTES + PAGE_BYTES, number: 1 }
  const run = { bytes, position: HEADER_PAGE_BYTES, number: 0, next }
  expect(firstChunk(run, { maxBytes: 1, end: 5 }).next).toBe(next)
})

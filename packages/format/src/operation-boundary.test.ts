import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { amidst, failure, hex, hostile, outcome, u64, view } from '../test/support.ts'
import vectors from '../vectors/operation-boundaries.json' with { type: 'json' }
import { decodeOperationBoundary, encodeOperationBoundary } from './operation-boundary.ts'

const ends = fc.record({ gap: fc.boolean(), nextEntry: u64 })

test.each(vectors)('golden: $name', ({ gap, nextEntry, bytes }) => {
  const end = { gap, nextEntry: BigInt(nextEntry) }
  expect(encodeOperationBoundary(end)).toEqual(hex(bytes))
  expect(decodeOperationBoundary(amidst(hex(bytes)))).toEqual(end)
  expect(decodeOperationBoundary(view(hex(bytes)))).toEqual(end)
})

test('any byte but 0 means a gap', () => {
  expect(decodeOperationBoundary(view(hex('03 0000000e 80 0000000000000007')))).toEqual({ gap: true, nextEntry: 7n })
})

test('round trip at any position; every prefix waits', () => {
  fc.assert(
    fc.property(ends, fc.nat(9), (end, at) => {
      const bytes = new Uint8Array(at + 14)
      bytes.set(encodeOperationBoundary(end), at)
      expect(decodeOperationBoundary(view(bytes), at)).toEqual(end)
      for (let size = at; size < bytes.length; size++) {
        expect(decodeOperationBoundary(view(bytes.subarray(0, size)), at)).toBeUndefined()
      }
    }),
  )
})

test('hostile bytes are a boundary, wait, or fail where they break the format', () => {
  fc.assert(
    fc.property(hostile(ends.map(encodeOperationBoundary)), (bytes) => {
      const end = outcome(bytes.length, () => decodeOperationBoundary(view(bytes)))
      if (end !== undefined && 'gap' in end) {
        const again = encodeOperationBoundary(end)
        again[5] = bytes[5] ?? 0
        expect(again).toEqual(bytes.subarray(0, 14))
      }
    }),
  )
})

describe('refused', () => {
  test.each([
    ['02', 'BAD_PACKET', 1, 'packet type 2, expected an operation boundary (3) at byte 1'],
    ['030000000d', 'BAD_LENGTH', 2, 'operation boundary length 13, expected 14 at byte 2'],
    ['030000000f', 'BAD_LENGTH', 2, 'operation boundary length 15, expected 14 at byte 2'],
  ])('%s: %s at %i', (digits, code, offset, message) => {
    expect(failure(() => decodeOperationBoundary(view(hex(`00 ${digits}`)), 1))).toEqual({ code, offset, message })
  })

  test('a number that is no u64', () => {
    expect(() => encodeOperationBoundary({ gap: false, nextEntry: -1n })).toThrow(
      new RangeError('nextEntry -1 is no u64'),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { amidst, failure, hex, hostile, outcome, u64, view } from '../test/support.ts'
import vectors from '../vectors/operation-ends.json' with { type: 'json' }
import { decodeOperationEnd, encodeOperationEnd } from './operation-end.ts'

const ends = fc.record({ gap: fc.boolean(), nextEntry: u64 })

test.each(vectors)('golden: $name', ({ gap, nextEntry, bytes }) => {
  const end = { gap, nextEntry: BigInt(nextEntry) }
  expect(encodeOperationEnd(end)).toEqual(hex(bytes))
  expect(decodeOperationEnd(amidst(hex(bytes)))).toEqual(end)
  expect(decodeOperationEnd(view(hex(bytes)))).toEqual(end)
})

test('any byte but 0 means a gap', () => {
  expect(decodeOperationEnd(view(hex('03 0000000e 80 0000000000000007')))).toEqual({ gap: true, nextEntry: 7n })
})

test('round trip at any position; every prefix waits', () => {
  fc.assert(
    fc.property(ends, fc.nat(9), (end, at) => {
      const bytes = new Uint8Array(at + 14)
      bytes.set(encodeOperationEnd(end), at)
      expect(decodeOperationEnd(view(bytes), at)).toEqual(end)
      for (let cut = at; cut < bytes.length; cut++) {
        expect(decodeOperationEnd(view(bytes.subarray(0, cut)), at)).toBeUndefined()
      }
    }),
  )
})

test('hostile bytes are a mark, wait, or fail where they break the format', () => {
  fc.assert(
    fc.property(hostile(ends.map(encodeOperationEnd)), (bytes) => {
      const end = outcome(bytes.length, () => decodeOperationEnd(view(bytes)))
      if (end !== undefined && 'gap' in end) {
        const again = encodeOperationEnd(end)
        again[5] = bytes[5] ?? 0
        expect(again).toEqual(bytes.subarray(0, 14))
      }
    }),
  )
})

describe('refused', () => {
  test.each([
    ['02', 'BAD_PACKET', 1, 'packet type 2, expected an operation end (3) at byte 1'],
    ['030000000d', 'BAD_LENGTH', 2, 'operation end length 13, expected 14 at byte 2'],
    ['030000000f', 'BAD_LENGTH', 2, 'operation end length 15, expected 14 at byte 2'],
  ])('%s: %s at %i', (digits, code, offset, message) => {
    expect(failure(() => decodeOperationEnd(view(hex(`00 ${digits}`)), 1))).toEqual({ code, offset, message })
  })

  test('a number that is no u64', () => {
    expect(() => encodeOperationEnd({ gap: false, nextEntry: -1n })).toThrow(new RangeError('nextEntry -1 is no u64'))
  })
})

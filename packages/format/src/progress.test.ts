import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { amidst, failure, hex, hostile, outcome, u64, view } from '../test/support.ts'
import vectors from '../vectors/progresses.json' with { type: 'json' }
import { decodeProgress, encodeProgress } from './progress.ts'

const progresses = fc.record({ nextEntry: u64, digest: fc.uint8Array({ minLength: 32, maxLength: 32 }) })

test.each(vectors)('golden: $name', ({ nextEntry, digest, bytes }) => {
  const progress = { nextEntry: BigInt(nextEntry), digest: hex(digest) }
  expect(encodeProgress(progress)).toEqual(hex(bytes))
  expect(decodeProgress(amidst(hex(bytes)))).toEqual(progress)
  expect(decodeProgress(view(hex(bytes)))).toEqual(progress)
})

test('round trip at any position; every prefix waits', () => {
  fc.assert(
    fc.property(progresses, fc.nat(9), (progress, at) => {
      const bytes = new Uint8Array(at + 45)
      bytes.set(encodeProgress(progress), at)
      expect(decodeProgress(view(bytes), at)).toEqual(progress)
      for (let size = at; size < bytes.length; size++) {
        expect(decodeProgress(view(bytes.subarray(0, size)), at)).toBeUndefined()
      }
    }),
  )
})

test('hostile bytes are a progress, wait, or fail where they break the format', () => {
  fc.assert(
    fc.property(hostile(progresses.map(encodeProgress)), (bytes) => {
      const progress = outcome(bytes.length, () => decodeProgress(view(bytes)))
      if (progress !== undefined && 'digest' in progress) {
        expect(encodeProgress(progress)).toEqual(bytes.subarray(0, 45))
      }
    }),
  )
})

test('the digest is a copy', () => {
  const bytes = encodeProgress({ nextEntry: 1n, digest: new Uint8Array(32).fill(7) })
  const progress = decodeProgress(bytes)
  bytes.fill(0xee)
  expect(progress?.digest).toEqual(new Uint8Array(32).fill(7))
})

describe('refused', () => {
  test.each([
    ['03', 'BAD_PACKET', 1, 'packet type 3, expected a progress (5) at byte 1'],
    ['050000002c', 'BAD_LENGTH', 2, 'progress length 44, expected 45 at byte 2'],
    ['050000002e', 'BAD_LENGTH', 2, 'progress length 46, expected 45 at byte 2'],
  ])('%s: %s at %i', (digits, code, offset, message) => {
    expect(failure(() => decodeProgress(view(hex(`00 ${digits}`)), 1))).toEqual({ code, offset, message })
  })

  test('to encode a number that is no u64, or another digest', () => {
    const digest = new Uint8Array(32)
    expect(() => encodeProgress({ nextEntry: -1n, digest })).toThrow(new RangeError('nextEntry -1 is no u64'))
    expect(() => encodeProgress({ nextEntry: 1n, digest: digest.subarray(1) })).toThrow(
      new RangeError('a digest of 31 bytes, expected 32'),
    )
  })
})

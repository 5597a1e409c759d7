import fc from 'fast-check'
import { expect, test } from 'vitest'
import { amidst, failure, hex, hostile, outcome, u32, u64, view } from '../test/support.ts'
import vectors from '../vectors/feed.json' with { type: 'json' }
import { decodeRunningDigest, encodeRunningDigest, type RunningDigest } from './running-digest.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const signatures = fc.record({ time: u64, keyId: u32, bytes: bytes(64) })
const digests: fc.Arbitrary<RunningDigest> = fc
  .record({ nextEntry: u64, runningDigest: bytes(32), signature: fc.option(signatures, { nil: undefined }) })
  .map(({ signature, ...digest }) => (signature === undefined ? digest : { ...digest, signature }))

test.each(vectors.signed)('golden: signed before entry $nextEntry', ({ nextEntry, time, signature, packet }) => {
  const digest = {
    nextEntry: BigInt(nextEntry),
    runningDigest: hex(vectors.digests[Number(nextEntry)] ?? ''),
    signature: { time: BigInt(time), keyId: vectors.keyId, bytes: hex(signature) },
  }
  expect(encodeRunningDigest(digest)).toEqual(hex(packet))
  expect(decodeRunningDigest(amidst(hex(packet)))).toEqual(digest)
})

test('golden: unsigned', () => {
  const { nextEntry, packet } = vectors.unsigned
  const digest = { nextEntry: BigInt(nextEntry), runningDigest: hex(vectors.digests[Number(nextEntry)] ?? '') }
  expect(encodeRunningDigest(digest)).toEqual(hex(packet))
  expect(decodeRunningDigest(amidst(hex(packet)))).toEqual(digest)
})

test('round trip at any position; every prefix waits', () => {
  fc.assert(
    fc.property(digests, fc.nat(9), (digest, at) => {
      const packet = encodeRunningDigest(digest)
      expect(packet.length).toBe(digest.signature === undefined ? 45 : 121)
      const all = new Uint8Array(at + packet.length)
      all.set(packet, at)
      expect(decodeRunningDigest(view(all), at)).toEqual(digest)
      for (let size = at; size < all.length; size++) {
        expect(decodeRunningDigest(view(all.subarray(0, size)), at)).toBeUndefined()
      }
    }),
  )
})

test('hostile bytes are a running digest, wait, or fail where they break the format', () => {
  fc.assert(
    fc.property(hostile(digests.map(encodeRunningDigest)), (bytes) => {
      const digest = outcome(bytes.length, () => decodeRunningDigest(view(bytes)))
      if (digest !== undefined && 'runningDigest' in digest) {
        const packet = encodeRunningDigest(digest)
        expect(packet).toEqual(bytes.subarray(0, packet.length))
      }
    }),
  )
})

test('what is decoded is a copy', () => {
  const packet = hex(vectors.signed[0]?.packet ?? '')
  const digest = decodeRunningDigest(packet)
  packet.fill(0xee)
  expect([digest?.runningDigest, digest?.signature?.bytes].map((part) => part?.includes(0xee))).not.toEqual([
    true,
    true,
  ])
  expect(digest?.runningDigest).toEqual(hex(vectors.digests[0] ?? ''))
})

test.each([0, 5, 44, 46, 120, 122, 0xffff_ffff])('a length of %i is refused before the rest is awaited', (length) => {
  const head = Uint8Array.of(6, 0, 0, 0, 0)
  view(head).setUint32(1, length)
  expect(failure(() => decodeRunningDigest(head))).toMatchObject({ code: 'BAD_LENGTH', offset: 1 })
})

test('what does not fit is not encoded', () => {
  const good = { nextEntry: 1n, runningDigest: new Uint8Array(32) }
  const signature = { time: 1n, keyId: 1, bytes: new Uint8Array(64) }
  expect(() => encodeRunningDigest({ ...good, runningDigest: new Uint8Array(31) })).toThrow(RangeError)
  expect(() => encodeRunningDigest({ ...good, nextEntry: -1n })).toThrow(RangeError)
  expect(() => encodeRunningDigest({ ...good, signature: { ...signature, bytes: new Uint8Array(63) } })).toThrow(
    RangeError,
  )
  expect(() => encodeRunningDigest({ ...good, signature: { ...signature, keyId: 2 ** 32 } })).toThrow(RangeError)
  expect(() => encodeRunningDigest({ ...good, signature: { ...signature, time: 2n ** 64n } })).toThrow(RangeError)
})

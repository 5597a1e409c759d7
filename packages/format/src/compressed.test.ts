import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { amidst, failure, hex, hostile, outcome, view } from '../test/support.ts'
import vectors from '../vectors/compressed.json' with { type: 'json' }
import { decodeCompressed, encodeCompressed, MAX_COMPRESSED_SIZE } from './compressed.ts'

const compressed = fc.record({
  size: fc.integer({ min: 17, max: MAX_COMPRESSED_SIZE }),
  frame: fc.uint8Array({ minLength: 1 }),
})

test.each(vectors)('golden: $name', ({ size, frame, bytes }) => {
  const packet = { size, frame: hex(frame) }
  expect(encodeCompressed(packet)).toEqual(hex(bytes))
  expect(decodeCompressed(amidst(hex(bytes)))).toEqual(packet)
  expect(decodeCompressed(view(hex(bytes)))).toEqual(packet)
})

test('round trip at any position; every prefix waits', () => {
  fc.assert(
    fc.property(compressed, fc.nat(9), (packet, at) => {
      const encoded = encodeCompressed(packet)
      const bytes = new Uint8Array(at + encoded.length)
      bytes.set(encoded, at)
      expect(decodeCompressed(view(bytes), at)).toEqual(packet)
      for (let size = at; size < bytes.length; size++) {
        expect(decodeCompressed(view(bytes.subarray(0, size)), at)).toBeUndefined()
      }
    }),
  )
})

test('hostile bytes are such a packet, wait, or fail where they break the format', () => {
  fc.assert(
    fc.property(hostile(compressed.map(encodeCompressed)), (bytes) => {
      const packet = outcome(bytes.length, () => decodeCompressed(view(bytes)))
      if (packet !== undefined && 'frame' in packet) {
        expect(encodeCompressed(packet)).toEqual(bytes.subarray(0, 9 + packet.frame.length))
      }
    }),
  )
})

describe('refused before what follows it is awaited', () => {
  test.each([
    ['03', 'BAD_PACKET', 1, 'packet type 3, expected a compressed packet (4) at byte 1'],
    ['04 00000009', 'BAD_LENGTH', 2, 'compressed packet length 9, expected 10 to 1052681 at byte 2'],
    ['04 0010100a', 'BAD_LENGTH', 2, 'compressed packet length 1052682, expected 10 to 1052681 at byte 2'],
    ['04 0000000a 00000010', 'BAD_LENGTH', 6, 'decompressed length 16, expected 17 to 1052672 at byte 6'],
    ['04 0000000a 00101001', 'BAD_LENGTH', 6, 'decompressed length 1052673, expected 17 to 1052672 at byte 6'],
    ['04 00101009 ffffffff', 'BAD_LENGTH', 6, 'decompressed length 4294967295, expected 17 to 1052672 at byte 6'],
  ])('%s: %s at %i', (digits, code, offset, message) => {
    expect(failure(() => decodeCompressed(view(hex(`00 ${digits}`)), 1))).toEqual({ code, offset, message })
  })

  test.each([
    [0, 17],
    [1_052_673, 17],
    [1, 16],
    [1, 1_052_673],
  ])('a frame of %i bytes that gives %i is not encoded', (bytes, size) => {
    expect(() => encodeCompressed({ size, frame: new Uint8Array(bytes) })).toThrow(RangeError)
  })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { expectBytes } from '../../test/support/expect-bytes.ts'
import { E2FormatError, LimitError } from '../errors.ts'
import { concatBytes } from '../io/bytes.ts'
import { putU32 } from '../io/little-endian.ts'
import { viewOf } from '../io/view.ts'
import { decompressBlock } from './block.ts'
import { compressBlock } from './compress.ts'
import { crc32c, maskCrc } from './crc32c.ts'
import { snappyFramedEncode } from './encode.ts'
import { snappyFramedDecode } from './framed.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
/** Bytes with repetitions, as records have. */
const repetitive = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 40 })), { maxLength: 60 })
  .map((runs) =>
    Uint8Array.from(runs.flatMap(([bytes, times]) => Array.from({ length: times }, () => [...bytes]).flat())),
  )

test('golden: the check value of CRC-32C', () => {
  expect(crc32c(viewOf(new TextEncoder().encode('123456789')))).toBe(0xe3069283)
})

test('a CRC does not depend on where its eight-byte steps fall', () => {
  const slow = (bytes: Uint8Array): number => {
    let crc = 0xffffffff
    for (const byte of bytes) {
      crc ^= byte
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
    }
    return ~crc >>> 0
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(8), (bytes, start) => {
      const from = Math.min(start, bytes.length)
      expect(crc32c(viewOf(bytes), from)).toBe(slow(bytes.subarray(from)))
    }),
  )
})

test('round trip', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), repetitive), (bytes) => {
      expectBytes(snappyFramedDecode(snappyFramedEncode(bytes)), bytes)
    }),
  )
})

test('round trip over several chunks', () => {
  const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => (i * (i >>> 12)) >>> 9)
  const framed = snappyFramedEncode(bytes)
  expect(framed.length).toBeLessThan(bytes.length)
  expectBytes(snappyFramedDecode(framed), bytes)
})

test('raw blocks never read or write outside their bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(80), (bytes, size) => {
      const input = Uint8Array.of(size, ...bytes)
      const output = new Uint8Array(size + 20).fill(0xee)
      decompressBlock(viewOf(input), 0, input.length, viewOf(output), 10, size)
      expect(output.subarray(0, 10)).toEqual(new Uint8Array(10).fill(0xee))
      expect(output.subarray(10 + size)).toEqual(new Uint8Array(10).fill(0xee))
    }),
  )
})

test.each([
  ['a literal of one byte', '01 00 61', '61'],
  ['a literal with a length byte', `3d f03c ${'41'.repeat(61)}`, '41'.repeat(61)],
  ['a copy of type 1', '08 0461 62 09 02', '6162616261626162'],
  ['a copy of type 2', '08 0461 62 16 0200', '6162616261626162'],
  ['a copy of type 3', '08 0461 62 17 02000000', '6162616261626162'],
])('golden: %s', (_, block, plain) => {
  const expected = hex(plain)
  const output = new Uint8Array(expected.length)
  const input = hex(block)
  expect(decompressBlock(viewOf(input), 0, input.length, viewOf(output), 0, expected.length)).toBe(true)
  expect(output).toEqual(expected)
})

test.each([
  ['an offset of 0', '04 0061 0a0000', 4],
  ['an offset from before the start', '04 0061 0a0200', 4],
  ['a short offset from before the start', '05 0061 0102', 5],
  ['a long offset from before the start', '04 0061 0b02000000', 4],
  ['a copy beyond the end', '03 0061 0e0100', 3],
  ['a literal beyond the end', '01 04 6162', 1],
  ['an incomplete literal', '03 08 6162', 3],
  ['a literal without its length', '64 f4 63', 100],
  ['a literal without its bytes', '64 f0 63', 100],
  ['an incomplete copy of type 1', '05 0061 01', 5],
  ['an incomplete copy of type 2', '04 0061 0a01', 4],
  ['an incomplete copy of type 3', '04 0061 0b010000', 4],
  ['too few bytes', '03 04 6162', 3],
  ['too many bytes', '01 0061 0062', 1],
  ['another size', '03 08 616263', 4],
  ['an incomplete size', '80', 0],
  ['a size beyond 32 bits', '808080801f', 0],
])('a raw block with %s is refused', (_, block, size) => {
  const input = hex(block)
  const output = new Uint8Array(size + 10)
  expect(decompressBlock(viewOf(input), 0, input.length, viewOf(output), 5, size)).toBe(false)
})

test('compression finds repetitions', () => {
  expect(compressBlock(new Uint8Array(65_536))).toHaveLength(3077)
})

const ID = 'ff060000734e61507059'
test.each([
  ['no bytes', '', 'BAD_SNAPPY', 0],
  ['no identifier', '01050000 00000000 61', 'BAD_SNAPPY', 0],
  ['another identifier', 'ff060000734e61507058', 'BAD_SNAPPY', 0],
  ['a reserved chunk', `${ID} 02000000`, 'BAD_SNAPPY', 10],
  ['an incomplete head', `${ID} 010500`, 'BAD_SNAPPY', 10],
  ['an incomplete chunk', `${ID} 01050000 00000000`, 'BAD_SNAPPY', 10],
  ['a chunk without CRC', `${ID} 01030000 000000`, 'BAD_SNAPPY', 10],
  ['a wrong CRC', `${ID} 01050000 00000000 61`, 'BAD_CHECKSUM', 10],
  ['a size of 4 GiB', `${ID} 000a0000 00000000 ffffffff0f00`, 'BAD_SNAPPY', 10],
  ['a size that its bytes cannot give', `${ID} 00090000 00000000 8080040061`, 'BAD_SNAPPY', 10],
  ['a copy from before the start', `${ID} 00080000 00000000 04 0000 00`, 'BAD_SNAPPY', 10],
])('rejects %s', (_, text, code, at) => {
  const error = (() => {
    try {
      snappyFramedDecode(hex(text), { position: 1000 })
    } catch (e) {
      return e
    }
    return undefined
  })()
  expect(error).toBeInstanceOf(E2FormatError)
  expect(error).toMatchObject({ code, position: 1000 + at, step: 'read' })
})

test('the identifier may repeat and padding is skipped', () => {
  const framed = snappyFramedEncode(hex('616263'))
  const padded = Uint8Array.of(...hex(ID), ...hex('fe020000 0000 80000000'), ...framed)
  expect(snappyFramedDecode(padded)).toEqual(hex('616263'))
  expect(snappyFramedDecode(hex(ID))).toEqual(new Uint8Array(0))
})

test('output is limited before it is allocated', () => {
  const framed = snappyFramedEncode(new Uint8Array(1000))
  expect(() => snappyFramedDecode(framed, { maxBytes: 999 })).toThrow(LimitError)
  expect(snappyFramedDecode(framed, { maxBytes: 1000 })).toHaveLength(1000)
})

test('a chunk holds no more than 65536 bytes', () => {
  const chunk = (size: number): Uint8Array => {
    const head = new Uint8Array(8)
    putU32(head, 0, ((size + 4) << 8) | 1)
    putU32(head, 4, maskCrc(crc32c(new DataView(new ArrayBuffer(size)))))
    return concatBytes([hex(ID), head, new Uint8Array(size)])
  }
  expectBytes(snappyFramedDecode(chunk(65_536)), new Uint8Array(65_536))
  expect(() => snappyFramedDecode(chunk(65_537))).toThrow(expect.objectContaining({ code: 'BAD_SNAPPY', position: 10 }))
})

test('a size that a chunk cannot give is refused before memory is taken for it', () => {
  const framed = hex(`${ID} 00090000 00000000 8080040061`)
  expect(() => snappyFramedDecode(framed, { maxBytes: 100 })).toThrow(expect.objectContaining({ code: 'BAD_SNAPPY' }))
})

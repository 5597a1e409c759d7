import { describe, expect, test } from 'vitest'
import { ByteReader, compareKeys, LevelDamage, u32 } from './bytes.ts'
import { crc32c, masked } from './crc32c.ts'
import { userKey } from './manifest.ts'
import { unsnap } from './snappy.ts'

describe('numbers and lengths', () => {
  test('are read one after the other', () => {
    const reader = new ByteReader(Uint8Array.of(5, 0x80, 1, 0xff, 0xff, 3, 2, 7, 8, 9))
    expect(reader.left).toBe(10)
    expect([reader.varint(), reader.varint(), reader.varint()]).toEqual([5, 128, 65535])
    expect(reader.left).toBe(4)
    expect(reader.counted()).toEqual(Uint8Array.of(7, 8))
    expect(reader.take(1)).toEqual(Uint8Array.of(9))
    expect(reader.take(0)).toEqual(new Uint8Array(0))
    expect(reader.left).toBe(0)
  })

  test('beyond the end are damage', () => {
    expect(() => new ByteReader(Uint8Array.of(0x80)).varint()).toThrow(new LevelDamage('a number is cut off'))
    expect(() => new ByteReader(new Uint8Array(20).fill(0x80)).varint()).toThrow(LevelDamage)
    expect(() => new ByteReader(new Uint8Array(20).fill(0x80, 0, 19)).varint()).toThrow(LevelDamage)
    expect(() => new ByteReader(Uint8Array.of(3, 1, 2)).counted()).toThrow('3 bytes where 2 are left')
    // Ten bytes are as many as a number of 64 bits has.
    expect(new ByteReader(new Uint8Array(10).fill(0xff, 0, 9).fill(1, 9)).varint()).toBe(2 ** 64)
  })

  test('of four bytes begin with the lowest, anywhere', () => {
    expect(u32(Uint8Array.of(9, 1, 2, 3, 0x84, 9).subarray(1), 0)).toBe(0x84030201)
    expect(u32(Uint8Array.of(9, 1, 2, 3, 0x84, 9), 1)).toBe(0x84030201)
  })
})

test('keys are in the order of their bytes, shorter ones first', () => {
  const keys = [[], [0], [0, 0], [0, 1], [1], [1, 0, 0], [127], [128], [255, 1], [255, 1, 0]]
  for (const [i, a] of keys.entries()) {
    for (const [j, b] of keys.entries()) {
      expect(Math.sign(compareKeys(Uint8Array.from(a), Uint8Array.from(b)))).toBe(Math.sign(i - j))
    }
  }
})

test('after every key stand eight bytes', () => {
  expect(userKey(Uint8Array.of(1, 2, 0, 0, 0, 0, 0, 0, 0, 0))).toEqual(Uint8Array.of(1, 2))
  expect(userKey(new Uint8Array(8))).toEqual(new Uint8Array(0))
  expect(() => userKey(new Uint8Array(7))).toThrow('a key of 7 bytes')
})

test('the checksum is CRC-32C', () => {
  // RFC 3720, B.4.
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43)
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e)
  const digits = new TextEncoder().encode('123456789')
  expect(crc32c(digits)).toBe(0xe3069283)
  for (let at = 0; at <= digits.length; at++) {
    expect(crc32c(digits.subarray(at), crc32c(digits.subarray(0, at)))).toBe(0xe3069283)
  }
  expect(masked(0xe3069283)).toBe(((0xe3069283 >>> 15) + ((0xe3069283 << 17) >>> 0) + 0xa282ead8) % 2 ** 32)
})

describe('a compressed block', () => {
  const literal = (bytes: readonly number[]): number[] => [(bytes.length - 1) << 2, ...bytes]
  const long = Array.from({ length: 61 }, (_, i) => i)

  test.each<[string, number[], number[]]>([
    ['nothing', [0], []],
    ['a literal', [3, ...literal([1, 2, 3])], [1, 2, 3]],
    ['a literal of 60', [60, ...literal(long.slice(0, 60))], long.slice(0, 60)],
    ['a literal with a length of its own', [61, 60 << 2, 60, ...long], long],
    ['a literal with a length of two bytes', [61, 61 << 2, 60, 0, ...long], long],
    ['a copy of 4 from near', [7, ...literal([1, 2, 3]), 1, 3], [1, 2, 3, 1, 2, 3, 1]],
    ['a copy of 11 from near', [12, ...literal([9]), (7 << 2) | 1, 1], Array(12).fill(9)],
    ['a copy with an offset of two bytes', [5, ...literal([1, 2, 3]), (1 << 2) | 2, 3, 0], [1, 2, 3, 1, 2]],
    ['a copy with an offset of four bytes', [5, ...literal([1, 2, 3]), (1 << 2) | 3, 2, 0, 0, 0], [1, 2, 3, 2, 3]],
  ])('of %s', (_name, compressed, bytes) => {
    expect([...unsnap(Uint8Array.from(compressed))]).toEqual(bytes)
  })

  test('that copies from further back than a byte can say', () => {
    const far = Array.from({ length: 700 }, (_, i) => (i * 7) & 0xff)
    const compressed = [
      (704 & 0x7f) | 0x80,
      704 >> 7,
      61 << 2,
      699 & 0xff,
      699 >> 8,
      ...far,
      ((700 >> 8) << 5) | 1,
      700 & 0xff,
    ]
    expect([...unsnap(Uint8Array.from(compressed))]).toEqual([...far, ...far.slice(0, 4)])
  })

  test.each<[string, number[]]>([
    ['a block is longer than it says', [2, ...literal([1, 2, 3])]],
    ['a block is shorter than it says', [4, ...literal([1, 2, 3])]],
    ['a block copies what it has not', [8, ...literal([1, 2, 3]), 1, 4]],
    ['a block copies what it has not', [8, ...literal([1, 2, 3]), 1, 0]],
    ['a block copies what it has not', [6, ...literal([1, 2, 3]), 1, 3]],
    ['a block of 67108865 bytes', [0x81, 0x80, 0x80, 0x20]],
    ['3 bytes where 2 are left', [3, 2 << 2, 1, 2]],
  ])('%s', (message, compressed) => {
    expect(() => unsnap(Uint8Array.from(compressed))).toThrow(new LevelDamage(message))
  })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteSourceError } from '../errors.ts'
import { buffered } from './buffered.ts'
import { toBytes } from './byte-sink.ts'
import { type ByteSource, fromBlob, fromBytes } from './byte-source.ts'
import { fromHex, toHex } from './bytes.ts'
import { copyRange } from './copy.ts'
import { putI64, putU64, safeI64, safeU64, typeAt, u64 } from './little-endian.ts'

const bytes = Uint8Array.from({ length: 300 }, (_, i) => i)

/** A source that is not in memory and counts its reads. */
function counting(): ByteSource & { reads: [number, number][] } {
  const reads: [number, number][] = []
  return {
    reads,
    size: bytes.length,
    read: async (position, length) => {
      reads.push([position, length])
      return bytes.slice(position, position + length)
    },
  }
}

test('memory and a Blob read the same bytes', async () => {
  const blob = fromBlob(new Blob([bytes]))
  expect(blob.size).toBe(300)
  expect(await blob.read(10, 20)).toEqual(bytes.slice(10, 30))
  expect(await fromBytes(bytes).read(10, 20)).toEqual(bytes.slice(10, 30))
})

test.each([
  [-1, 1],
  [299, 2],
  [0, 301],
  [Number.NaN, 1],
])('reading %d, %d is a short read', async (position, length) => {
  for (const source of [fromBytes(bytes), fromBlob(new Blob([bytes])), buffered(counting())]) {
    await expect(async () => source.read(position, length)).rejects.toThrow(ByteSourceError)
  }
})

test('a Blob that gives fewer bytes than it says is a short read', async () => {
  const source = fromBlob({ size: 10, slice: () => new Blob([bytes.slice(0, 3)]) })
  await expect(source.read(0, 10)).rejects.toMatchObject({ code: 'SHORT_READ' })
})

test('a window is read once and then answers without waiting', async () => {
  const source = counting()
  const window = buffered(source, 100)
  expect(await window.read(50, 10)).toEqual(bytes.slice(50, 60))
  expect(window.read(140, 10)).toEqual(bytes.slice(140, 150))
  expect(source.reads).toHaveLength(1)
  expect(await window.read(0, 200)).toEqual(bytes.slice(0, 200))
  expect(window.read(149, 1)).toEqual(bytes.slice(149, 150))
  expect(source.reads).toEqual([
    [50, 100],
    [0, 200],
  ])
})

test('what was read from a window stays as it was', async () => {
  const window = buffered(counting(), 10)
  const kept = await window.read(0, 10)
  await window.read(100, 10)
  expect(kept).toEqual(bytes.slice(0, 10))
})

test('a copied range arrives whole', async () => {
  const sink = toBytes()
  await copyRange(counting(), 7, 280, sink)
  await copyRange(fromBytes(bytes), 0, 3, sink)
  expect(sink.position).toBe(276)
  expect(sink.bytes()).toEqual(Uint8Array.of(...bytes.slice(7, 280), 0, 1, 2))
})

test('integers round trip, and those beyond 2^53 are not numbers', () => {
  const room = new Uint8Array(8)
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      putI64(room, 0, value)
      expect(safeI64(room, 0)).toBe(value)
    }),
  )
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (value) => {
      putU64(room, 0, value)
      expect(u64(room, 0)).toBe(value)
      expect(safeU64(room, 0)).toBe(value < 2n ** 53n ? Number(value) : undefined)
      const signed = BigInt.asIntN(64, value)
      expect(safeI64(room, 0)).toBe(signed > -(2n ** 53n) && signed < 2n ** 53n ? Number(signed) : undefined)
    }),
  )
})

test('hex and types are in file order', () => {
  expect(toHex(Uint8Array.of(0x65, 0x32, 0))).toBe('653200')
  expect(fromHex('653200')).toEqual(Uint8Array.of(0x65, 0x32, 0))
  expect(typeAt(fromHex('006532'), 1)).toBe(0x6532)
})

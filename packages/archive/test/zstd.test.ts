import zlib from 'node:zlib'
import { randomFrom } from '@datastreamer/fixtures/random'
import { describe, expect, test } from 'vitest'
import { faultOfFrame } from '../src/codecs/zstd-frame.ts'
import { portableCodecs } from '../src/index.ts'
import { nodeCodecs, nodeZstdEncoder } from '../src/node.ts'

const random = randomFrom(7)

/** Bytes of which about so many in a hundred are not what repeats. */
function content(bytes: number, noise: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => (random(100) < noise ? random(256) : i % 60))
}

const SIZES = [1, 255, 256, 300, 65_535, 65_536, 65_792, 131_072, 131_073, 1_048_576, 1_295_300]
const DECODERS = [
  ['portable', portableCodecs.zstd],
  ["Node's", nodeCodecs.zstd],
] as const

const rle = (bytes: number, isLast: boolean): number[] => {
  const head = (bytes << 3) | 2 | (isLast ? 1 : 0)
  return [head & 0xff, (head >> 8) & 0xff, head >> 16, 7]
}
const raw = (data: readonly number[], isLast: boolean): number[] => {
  const head = (data.length << 3) | (isLast ? 1 : 0)
  return [head & 0xff, (head >> 8) & 0xff, head >> 16, ...data]
}
const MAGIC = [0x28, 0xb5, 0x2f, 0xfd]
const frame = (...parts: readonly (readonly number[])[]): Uint8Array => Uint8Array.from([MAGIC, ...parts].flat())

describe('frames', () => {
  test.each(SIZES)('of %i bytes come out as they went in', async (size) => {
    for (const noise of [0, 10, 100]) {
      const bytes = content(size, noise)
      const compressed = await nodeZstdEncoder.compress(bytes)
      expect(faultOfFrame(compressed, size)).toBeUndefined()
      expect(faultOfFrame(compressed, size + 1)).toMatch(/bytes, expected/)
      for (const [name, decoder] of DECODERS) {
        const found = await decoder.decompress(compressed, size)
        expect(Buffer.compare(found, bytes), `${name}, ${noise} %`).toBe(0)
      }
    }
  })

  test.each([
    ['nothing', frame().subarray(0, 3), 0],
    ['another magic', Uint8Array.of(0x29, 0xb5, 0x2f, 0xfd, 0x20, 0, 1, 0, 0), 0],
    ['a window', frame([0x00, 0x58], raw([], true)), 0],
    ['a dictionary', frame([0x21, 9, 3], raw([1, 2, 3], true)), 3],
    ['a reserved flag', frame([0x28, 3], raw([1, 2, 3], true)), 3],
    ['another size', frame([0x20, 4], raw([1, 2, 3], true)), 3],
    ['a size that is cut off', frame([0xe0, 3, 0]), 3],
    ['a size beyond 2^53', frame([0xe0, 3, 0, 0, 0, 0, 0, 0, 0x80], raw([1, 2, 3], true)), 3],
    ['no block', frame([0x20, 3]), 3],
    ['no last block', frame([0x20, 3], raw([1, 2, 3], false)), 3],
    ['a block that is cut off', frame([0x20, 3], raw([1, 2, 3], true)).subarray(0, -1), 3],
    ['a block of more than all', frame([0x20, 3], rle(4, true)), 3],
    ['a reserved block', frame([0x20, 3], [0x1f, 0, 0, 1, 2, 3]), 3],
    ['bytes after it', frame([0x20, 3], raw([1, 2, 3], true), [0]), 3],
    ['a frame after it', frame([0x20, 3], raw([1, 2, 3], true), MAGIC, [0x20, 0], raw([], true)), 3],
    ['a checksum that is not there', frame([0x24, 3], raw([1, 2, 3], true)), 3],
  ])('with %s are refused before they are decompressed', (_, bytes, size) => {
    expect(faultOfFrame(bytes, size)).toEqual(expect.any(String))
  })

  test('are accepted with every form of their size, and with a checksum', async () => {
    const sized = [
      frame([0x20, 3], raw([1, 2, 3], true)),
      frame([0xa0, 3, 0, 0, 0], raw([1, 2, 3], true)),
      frame([0xe0, 3, 0, 0, 0, 0, 0, 0, 0], raw([1, 2], false), rle(1, true)),
    ]
    for (const bytes of sized) expect(faultOfFrame(bytes, 3)).toBeUndefined()
    const params = { [zlib.constants.ZSTD_c_checksumFlag]: 1 }
    const checked = zlib.zstdCompressSync(content(500, 5), { params, pledgedSrcSize: 500 })
    expect(faultOfFrame(checked, 500)).toBeUndefined()
    for (const [, decoder] of DECODERS) expect((await decoder.decompress(checked, 500)).length).toBe(500)
  })

  test.each(DECODERS)('that give more or fewer bytes than they say are refused: %s', async (_, decoder) => {
    // Each of these passes the look at the heads of its blocks.
    const most = 131_072
    const said = [0xa0, most & 0xff, (most >> 8) & 0xff, most >> 16, 0]
    const tooMany = frame(said, ...Array.from({ length: 500 }, (_, i) => rle(most, i === 499)))
    const tooFew = frame(said, rle(most - 1, true))
    for (const bytes of [tooMany, tooFew]) {
      expect(faultOfFrame(bytes, most)).toBeUndefined()
      await expect((async () => decoder.decompress(bytes, most))()).rejects.toThrow()
    }
  })

  test.each(DECODERS)('that are damaged give an error or bytes of the size: %s', async (_, decoder) => {
    const bytes = content(3000, 20)
    const compressed = await nodeZstdEncoder.compress(bytes)
    for (let i = 0; i < 300; i++) {
      const damaged = compressed.slice()
      const at = random(damaged.length)
      damaged[at] = (damaged[at] ?? 0) ^ (1 << random(8))
      if (faultOfFrame(damaged, 3000) !== undefined) continue
      const found = await (async () => decoder.decompress(damaged, 3000))().catch(() => undefined)
      if (found !== undefined) expect(found.length).toBe(3000)
    }
  })
})

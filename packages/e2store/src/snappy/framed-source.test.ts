import fc from 'fast-check'
import { expect, test } from 'vitest'
import { expectBytes } from '../../test/support/expect-bytes.ts'
import { E2StoreError } from '../errors.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { concatBytes, fromHex } from '../io/bytes.ts'
import { snappyFramedEncode } from './encode.ts'
import { snappyFramedDecode } from './framed.ts'
import { type FramedRegion, iterateFramed, readFramedPrefix } from './framed-source.ts'

/** A file that has a framed stream from byte 5 on, and counts what is read of it. */
function file(framed: Uint8Array): { readonly source: ByteSource; readonly region: FramedRegion; read: () => number } {
  const bytes = concatBytes([new Uint8Array(5), framed, new Uint8Array(5)])
  let read = 0
  const source = {
    size: bytes.length,
    read: async (position: number, length: number) => {
      read += length
      return bytes.slice(position, position + length)
    },
  }
  return { source, region: { from: 5, to: bytes.length - 5 }, read: () => read }
}

async function all(framed: Uint8Array, maxBytes?: number): Promise<Uint8Array> {
  const { source, region } = file(framed)
  const parts: Uint8Array[] = []
  for await (const part of iterateFramed(source, region, maxBytes === undefined ? {} : { maxBytes })) parts.push(part)
  return concatBytes(parts)
}

const content = Uint8Array.from({ length: 300_000 }, (_, i) => (i * (i >>> 10)) >>> 7)

test('a stream is read in chunks, and to any length', async () => {
  const framed = snappyFramedEncode(content)
  expectBytes(await all(framed), content)
  const { source, region } = file(framed)
  for (const length of [0, 1, 65_536, 65_537, 299_999, 300_000]) {
    expectBytes(await readFramedPrefix(source, region, length), content.subarray(0, length))
  }
  expectBytes(await readFramedPrefix(source, region, 400_000), content)
})

test('what follows the requested length is not read', async () => {
  const noise = Uint8Array.from({ length: 4_000_000 }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 13)
  const { source, region, read } = file(snappyFramedEncode(noise))
  await readFramedPrefix(source, region, 1000)
  expect(read()).toBeLessThan(300_000)
})

test('a stream read in chunks is rejected where a whole one is', async () => {
  const framed = snappyFramedEncode(content.subarray(0, 2000))
  await fc.assert(
    fc.asyncProperty(fc.nat(framed.length - 1), fc.nat(255), fc.nat(framed.length), async (at, byte, length) => {
      const broken = framed.slice(0, length)
      if (at < broken.length) broken[at] = byte
      const whole = await Promise.resolve()
        .then(() => snappyFramedDecode(broken, { position: 5 }))
        .catch((error: unknown) => error)
      const chunks = await all(broken).catch((error: unknown) => error)
      if (whole instanceof Uint8Array) expectBytes(chunks as Uint8Array, whole)
      else
        expect(chunks).toMatchObject({
          code: (whole as E2StoreError).code,
          position: (whole as E2StoreError & { position: number }).position,
        })
    }),
  )
})

test('chunks to be skipped are not read, whatever their size', async () => {
  const framed = snappyFramedEncode(content.subarray(0, 100))
  const padding = new Uint8Array(1_000_004)
  padding.set(fromHex('fe40420f'))
  const { source, region, read } = file(concatBytes([framed, padding, framed.subarray(10)]))
  const parts: number[] = []
  for await (const part of iterateFramed(source, region)) parts.push(part.length)
  expect(parts).toEqual([100, 100])
  expect(read()).toBeLessThan(600_000)
})

test('output is limited', async () => {
  const framed = snappyFramedEncode(content)
  await expect(all(framed, 299_999)).rejects.toMatchObject({ code: 'OUTPUT_TOO_LARGE' })
  await expect(all(new Uint8Array(0))).rejects.toBeInstanceOf(E2StoreError)
})

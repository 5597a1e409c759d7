import fc from 'fast-check'
import { compressSync } from 'snappy'
import { expect, test } from 'vitest'
import { nativeSnappy } from '../src/node.ts'
import { portableSnappy, snappyFramedDecode, snappyFramedEncode } from '../src/snappy.ts'
import { expectBytes } from './support/expect-bytes.ts'

/** Bytes with matches near and far, as blocks of a chain have them. */
function mixed(length: number, seed: number): Uint8Array {
  let state = seed | 1
  const next = (): number => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223
    return state >>> 8
  }
  const out = new Uint8Array(length)
  for (let at = 0; at < length; ) {
    const run = 1 + (next() % 200)
    const back = next() % 3 === 0 ? 0 : 1 + (next() % (at + 1))
    for (const end = Math.min(length, at + run); at < end; at++)
      out[at] = back > 0 && back <= at ? (out[at - back] as number) : next()
  }
  return out
}

const codec = await nativeSnappy()

test('the native codec is there', () => {
  expect(codec.name).toBe('snappy + @node-rs/crc32')
})

test('portable compression gives the bytes of the native one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 70_000 }), fc.nat(), (length, seed) => {
      const bytes = mixed(length, seed)
      expectBytes(portableSnappy.compress(bytes), compressSync(bytes))
    }),
    { numRuns: 60 },
  )
})

test('each codec reads what the other wrote, small and large', () => {
  for (const length of [0, 1, 100, 2000, 65_536, 200_001]) {
    const bytes = mixed(length, length)
    const framed = snappyFramedEncode(bytes)
    expectBytes(snappyFramedEncode(bytes, { codec }), framed)
    expectBytes(snappyFramedDecode(framed, { codec }), bytes)
  }
})

test('the native codec rejects what the portable one rejects', () => {
  const framed = snappyFramedEncode(new Uint8Array(65_536))
  for (let at = 18; at < 400; at++) {
    const broken = framed.slice()
    broken[at] = (broken[at] as number) ^ 0x55
    const portable = attempt(() => snappyFramedDecode(broken))
    expect(attempt(() => snappyFramedDecode(broken, { codec })) === portable, `byte ${at}`).toBe(true)
  }
})

/** What was decoded, or the code of the error, as a text. */
function attempt(decode: () => Uint8Array): string {
  try {
    return Buffer.from(decode()).toString('latin1')
  } catch (error) {
    return (error as { readonly code: string }).code
  }
}

import { parseSignerKey, signEd25519, type VerifierKey, verifyEd25519 } from '@datastreamer/format/signing'
import { expect, test } from 'vitest'
import { cosignatureTime, verifyCosignature } from './cosignature.ts'
import { utf8 } from './text.ts'

const TEXT = 'log.example/a\n3\nAAAA\n'
const PRIVATE = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz'

async function cosigned(time: bigint, text = TEXT): Promise<{ readonly key: VerifierKey; readonly bytes: Uint8Array }> {
  const { seed, ...key } = await parseSignerKey(PRIVATE)
  const bytes = new Uint8Array(72)
  new DataView(bytes.buffer).setBigUint64(0, time)
  bytes.set(await signEd25519(seed, utf8(`cosignature/v1\ntime ${time}\n${text}`)), 8)
  return { key: { ...key, type: 4 }, bytes }
}

test.each([0n, 1n, 1_764_374_400n, 2n ** 63n, 2n ** 64n - 1n])('the statement of a witness at %d', async (time) => {
  const { key, bytes } = await cosigned(time)
  expect(cosignatureTime(bytes)).toBe(time)
  expect(await verifyCosignature(TEXT, key, bytes)).toBe(true)
})

test('any bit of it changed, or another text, is refused', async () => {
  const { key, bytes } = await cosigned(1_764_374_400n)
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const changed = bytes.slice()
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect([bit, await verifyCosignature(TEXT, key, changed)]).toEqual([bit, false])
  }
  expect(await verifyCosignature(`${TEXT}x\n`, key, bytes)).toBe(false)
})

test.each([0, 64, 71, 73])('%i bytes are none', async (length) => {
  const { key } = await cosigned(1n)
  expect(cosignatureTime(new Uint8Array(length))).toBeUndefined()
  expect(await verifyCosignature(TEXT, key, new Uint8Array(length))).toBe(false)
})

test('it is not a signature on the text alone', async () => {
  const { key, bytes } = await cosigned(1n)
  expect(await verifyEd25519(key.publicKey, bytes.subarray(8), utf8(TEXT))).toBe(false)
})

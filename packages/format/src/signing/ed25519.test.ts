import { afterEach, expect, test, vi } from 'vitest'
import { publicKeyOf, signEd25519, verifyEd25519 } from './ed25519.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))

/** RFC 8032 §7.1, tests 1 to 3. */
const CASES = [
  {
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    key: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    bytes: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    key: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    bytes: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    key: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    bytes: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
]

afterEach(() => {
  vi.unstubAllGlobals()
})

test.each(CASES)('signatures of $bytes are made, and verified', async ({ seed, key, bytes, signature }) => {
  expect(await publicKeyOf(hex(seed))).toEqual(hex(key))
  expect(await signEd25519(hex(seed), hex(bytes))).toEqual(hex(signature))
  expect(await verifyEd25519(hex(key), hex(signature), hex(bytes))).toBe(true)
})

test('what was changed is refused: each bit of a signature, each byte of what is signed, the key', async () => {
  const [one, two] = CASES.slice(1)
  const [key, signature, bytes] = [hex(one?.key ?? ''), hex(one?.signature ?? ''), hex(one?.bytes ?? '')]
  for (let bit = 0; bit < 8 * signature.length; bit++) {
    const changed = signature.slice()
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect([bit, await verifyEd25519(key, changed, bytes)]).toEqual([bit, false])
  }
  expect(await verifyEd25519(key, signature, Uint8Array.of(...bytes, 0))).toBe(false)
  expect(await verifyEd25519(key, signature, new Uint8Array(0))).toBe(false)
  expect(await verifyEd25519(hex(two?.key ?? ''), signature, bytes)).toBe(false)
})

test('a signature has one scalar: that plus the order of the group is refused', async () => {
  const { key = '', signature = '', bytes = '' } = CASES[1] ?? {}
  const order = 2n ** 252n + 27742317777372353535851937790883648493n
  const littleEndian = (text: string): string =>
    text
      .replace(/../g, (byte) => `${byte} `)
      .split(' ')
      .reverse()
      .join('')
  const scalar = BigInt(`0x${littleEndian(signature.slice(64))}`) + order
  const changed = signature.slice(0, 64) + littleEndian(scalar.toString(16).padStart(64, '0'))
  expect(await verifyEd25519(hex(key), hex(changed), hex(bytes))).toBe(false)
})

test.each([0, 63, 65])('a signature of %i bytes is none', async (length) => {
  expect(await verifyEd25519(hex(CASES[0]?.key ?? ''), new Uint8Array(length), new Uint8Array(0))).toBe(false)
})

test.each([0, 31, 33])('a key or seed of %i bytes is none', async (length) => {
  const bad = expect.objectContaining({ name: 'KeyError', code: 'BAD_KEY' })
  await expect(verifyEd25519(new Uint8Array(length), new Uint8Array(64), new Uint8Array(0))).rejects.toThrow(bad)
  await expect(signEd25519(new Uint8Array(length), new Uint8Array(0))).rejects.toThrow(bad)
  await expect(publicKeyOf(new Uint8Array(length))).rejects.toThrow(bad)
})

test.each([
  ['a platform without cryptography', undefined, /https:\/\/ pages/],
  ['a page that is not secure', { getRandomValues: () => {} }, /https:\/\/ pages/],
  [
    'a browser that is older than Ed25519',
    { subtle: { importKey: () => Promise.reject(new DOMException('Unrecognized name.', 'NotSupportedError')) } },
    /Chrome 137/,
  ],
])('%s is named', async (_, crypto, message) => {
  vi.stubGlobal('crypto', crypto)
  const none = expect.objectContaining({ code: 'NO_CRYPTO', message: expect.stringMatching(message) })
  await expect(verifyEd25519(new Uint8Array(32), new Uint8Array(64), new Uint8Array(0))).rejects.toThrow(none)
  await expect(signEd25519(new Uint8Array(32), new Uint8Array(0))).rejects.toThrow(none)
  await expect(publicKeyOf(new Uint8Array(32))).rejects.toThrow(none)
})

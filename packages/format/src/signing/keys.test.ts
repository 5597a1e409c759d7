import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeBase64 } from './base64.ts'
import {
  formatSignerKey,
  formatVerifierKey,
  generateSignerKey,
  idText,
  isKeyName,
  parseSignerKey,
  parseVerifierKey,
  signerKey,
} from './keys.ts'

/** The example of the specification of signed notes. */
const PUBLIC = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
const PRIVATE = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz'

const BAD = expect.objectContaining({ name: 'KeyError', code: 'BAD_KEY' })
const base64 = (...bytes: readonly number[]): string => encodeBase64(Uint8Array.from(bytes))

async function withFittingId(...bytes: readonly number[]): Promise<string> {
  const named = Uint8Array.from([...Buffer.from('PeterNeumann\n'), ...bytes])
  const digest = Buffer.from(await crypto.subtle.digest('SHA-256', named))
  return `PeterNeumann+${digest.subarray(0, 4).toString('hex')}+${base64(...bytes)}`
}

test('keys are read, and made, byte for byte', async () => {
  const verifier = await parseVerifierKey(PUBLIC)
  expect(verifier).toMatchObject({ name: 'PeterNeumann', id: 0xc74f20a3, type: 1 })
  expect(formatVerifierKey(verifier)).toBe(PUBLIC)
  const signer = await parseSignerKey(PRIVATE)
  expect(signer).toMatchObject(verifier)
  expect(formatSignerKey(signer)).toBe(PRIVATE)
  expect(formatVerifierKey(signer)).toBe(PUBLIC)
})

test('a fresh key comes back as it was, under any name that may be one', async () => {
  const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).filter(isKeyName)
  await fc.assert(
    fc.asyncProperty(names, async (name) => {
      const key = await generateSignerKey(name)
      expect(await parseSignerKey(formatSignerKey(key))).toEqual(key)
      const { seed, ...verifier } = key
      expect(await parseVerifierKey(formatVerifierKey(key))).toEqual(verifier)
      expect(seed.length).toBe(32)
    }),
    { numRuns: 30 },
  )
  expect((await generateSignerKey('a')).seed).not.toEqual((await generateSignerKey('a')).seed)
})

test('an id has eight digits', () => {
  expect(idText(0)).toBe('00000000')
  expect(idText(0xffff_ffff)).toBe('ffffffff')
})

test.each([
  '',
  ' ',
  'a b',
  'a+b',
  'a\tb',
  'a\nb',
  'a\u0085b',
  'a\u00a0b',
  'a\u2003b',
  'a\u3000b',
  'a\u007fb',
  '\ud800',
])('%j is no name', async (name) => {
  expect(isKeyName(name)).toBe(false)
  await expect(signerKey(name, new Uint8Array(32))).rejects.toThrow(BAD)
})

test.each(['a', 'history.example/zkevm', 'ü', '—', '\u{1f600}', 'a-b_c%20'])('%j is a name', (name) => {
  expect(isKeyName(name)).toBe(true)
})

describe('what is no verifier key', () => {
  const [name = '', id = '', encoded = ''] = PUBLIC.split('+')
  test.each([
    ['nothing', ''],
    ['no name', `+${id}+${encoded}`],
    ['another name', `Peterneumann+${id}+${encoded}`],
    ['a name with a space', `Peter Neumann+${id}+${encoded}`],
    ['another id', `${name}+c74f20a2+${encoded}`],
    ['an id of seven digits', `${name}+c74f20a+${encoded}`],
    ['an id of nine digits', `${name}+0c74f20a3+${encoded}`],
    ['an id in upper case', `${name}+${id.toUpperCase()}+${encoded}`],
    ['no key', `${name}+${id}+`],
    ['a key cut off', `${name}+${id}+${encoded.slice(0, -4)}`],
    ['base64 without its end', `${name}+${id}+${encoded.slice(0, -1)}`],
    ['a line end after it', `${PUBLIC}\n`],
    ['a space before it', ` ${PUBLIC}`],
    ['a private key', PRIVATE],
    ['two keys', `${PUBLIC}\n${PUBLIC}`],
  ])('%s', async (_, text) => {
    await expect(parseVerifierKey(text)).rejects.toThrow(BAD)
  })

  test('any letter of it changed', async () => {
    for (let at = 0; at < PUBLIC.length; at++) {
      const letter = PUBLIC.charAt(at) === 'B' ? 'C' : 'B'
      const changed = PUBLIC.slice(0, at) + letter + PUBLIC.slice(at + 1)
      await expect(parseVerifierKey(changed), changed).rejects.toThrow(BAD)
    }
  })

  test('a type that is not known, with the id that it would have', async () => {
    const { publicKey } = await parseVerifierKey(PUBLIC)
    for (const type of [0, 2, 5, 6, 255]) {
      const text = await withFittingId(type, ...publicKey)
      await expect(parseVerifierKey(text), text).rejects.toThrow(`a key of type ${type}`)
    }
  })

  test('a byte less or more, with the id that it would have', async () => {
    const { publicKey } = await parseVerifierKey(PUBLIC)
    for (const bytes of [publicKey.subarray(1), [...publicKey, 0]]) {
      await expect(parseVerifierKey(await withFittingId(1, ...bytes))).rejects.toThrow('expected 33')
    }
  })
})

test('a key of a witness is one, and has another id', async () => {
  const { publicKey } = await parseVerifierKey(PUBLIC)
  const text = await withFittingId(4, ...publicKey)
  const key = await parseVerifierKey(text)
  expect(key).toMatchObject({ name: 'PeterNeumann', type: 4, publicKey })
  expect(key.id).not.toBe(0xc74f20a3)
  expect(formatVerifierKey(key)).toBe(text)
})

describe('a private key', () => {
  const encoded = PRIVATE.split('+').slice(4).join('+')
  const seed = Buffer.from(encoded, 'base64').subarray(1)
  test.each([
    ['a public one', PUBLIC],
    ['nothing', ''],
    ['its head alone', 'PRIVATE+KEY+'],
    ['another id', PRIVATE.replace('c74f20a3', 'c74f20a2')],
    ['another name', PRIVATE.replace('Peter', 'peter')],
    ['cut off', PRIVATE.slice(0, -4)],
    ['too long', `${PRIVATE}AAAA`],
    ['no base64', PRIVATE.slice(0, -1)],
    ['the key of a witness', PRIVATE.replace(encoded, base64(4, ...seed))],
    ['the 64 bytes of seed and public key', PRIVATE.replace(encoded, base64(1, ...seed, ...seed))],
  ])('%s is refused, and never shown', async (_, text) => {
    const error: unknown = await parseSignerKey(text).catch((thrown: unknown) => thrown)
    expect(error).toEqual(BAD)
    expect(String(error)).not.toMatch(encoded.slice(0, 8))
  })

  test('is not shown where a public one is wanted', async () => {
    const error: unknown = await parseVerifierKey(PRIVATE).catch((thrown: unknown) => thrown)
    expect(String(error)).toMatch('this is a private key')
    expect(String(error)).not.toMatch(encoded.slice(0, 8))
  })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeBase64, encodeBase64 } from './base64.ts'

const fromNode = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

test('bytes come back as they were', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(encodeBase64(bytes)).toBe(fromNode(bytes))
      expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes)
    }),
  )
})

test('there is one encoding of any bytes', () => {
  const letters = fc.constantFrom(...'AB/+9w=', '-', '_', ' ', '\n')
  fc.assert(
    fc.property(fc.string({ unit: letters, maxLength: 9 }), (text) => {
      const node = Buffer.from(text, 'base64')
      const isOne = fromNode(node) === text
      expect([text, decodeBase64(text)]).toEqual([text, isOne ? Uint8Array.from(node) : undefined])
    }),
    { numRuns: 2000 },
  )
})

test('bits that are not used are zero', () => {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/']
  expect(letters.filter((letter) => decodeBase64(`A${letter}==`)).join('')).toBe('AQgw')
  expect(letters.filter((letter) => decodeBase64(`AA${letter}=`)).join('')).toBe('AEIMQUYcgkosw048')
})

test.each([
  ['no padding', 'AA'],
  ['one letter', 'A==='],
  ['padding alone', '===='],
  ['padding of a padded group', 'AAAA===='],
  ['padding inside', 'AA=A'],
  ['more after padding', 'AA==AAAA'],
  ['four bits that are not used', 'AB=='],
  ['two bits that are not used', 'AAB='],
  ['the letters of URLs', 'AA-_'],
  ['a line end after it', 'AAAA\n'],
  ['a line end in it', 'AAA\nAAA='],
  ['a space', ' AAA'],
  ['a letter that is none', 'AAAÀ'],
  ['a pair of halves', 'AA\u{1f600}'],
])('%s is refused', (_, text) => {
  expect(decodeBase64(text)).toBeUndefined()
})

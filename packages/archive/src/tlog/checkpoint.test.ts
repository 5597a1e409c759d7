import { encodeBase64 } from '@datastreamer/format/signing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatCheckpoint, parseCheckpoint } from './checkpoint.ts'

const ORIGIN = 'log.example/a'
const ROOT = encodeBase64(new Uint8Array(32).fill(0xfb))
const EMPTY = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='
const MALFORMED = expect.objectContaining({ name: 'NoteError', code: 'MALFORMED' })

test('checkpoints come back as they were', () => {
  const states = fc.record({
    origin: fc.string({ unit: 'grapheme', minLength: 1 }),
    size: fc.bigInt(1n, 2n ** 63n - 1n),
    root: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  })
  fc.assert(
    fc.property(states, (state) => {
      expect(parseCheckpoint(formatCheckpoint(state))).toEqual(state)
    }),
  )
})

test('the text is that of the specification', () => {
  const root = Uint8Array.from(Buffer.from(EMPTY, 'base64'))
  expect(formatCheckpoint({ origin: ORIGIN, size: 0n, root })).toBe(`${ORIGIN}\n0\n${EMPTY}\n`)
  expect(parseCheckpoint(`${ORIGIN}\n0\n${EMPTY}\n`)).toEqual({ origin: ORIGIN, size: 0n, root })
})

test('lines that others add are passed over', () => {
  const { origin, size } = parseCheckpoint(`${ORIGIN}\n3\n${ROOT}\none\n two \n`)
  expect({ origin, size }).toEqual({ origin: ORIGIN, size: 3n })
})

test('a size is not rounded', () => {
  expect(parseCheckpoint(`${ORIGIN}\n9007199254740993\n${ROOT}\n`).size).toBe(9007199254740993n)
})

test.each([
  '',
  '00',
  '03',
  '+3',
  '-3',
  '3 ',
  ' 3',
  '3.0',
  '1e3',
  '0x3',
  '3n',
  '٣',
  '９',
  '9223372036854775808',
  '9'.repeat(99),
])('%j is no size', (size) => {
  expect(() => parseCheckpoint(`${ORIGIN}\n${size}\n${ROOT}\n`)).toThrow(MALFORMED)
})

test.each([
  ['nothing', ''],
  ['two lines', `${ORIGIN}\n3\n`],
  ['no origin', `\n3\n${ROOT}\n`],
  ['no line end', `${ORIGIN}\n3\n${ROOT}`],
  ['CR', `${ORIGIN}\r\n3\r\n${ROOT}\r\n`],
  ['a root without padding', `${ORIGIN}\n3\n${ROOT.slice(0, -1)}\n`],
  ['a root of 31 bytes', `${ORIGIN}\n3\n${encodeBase64(new Uint8Array(31))}\n`],
  ['a root of 33 bytes', `${ORIGIN}\n3\n${encodeBase64(new Uint8Array(33))}\n`],
  ['a root in hex', `${ORIGIN}\n3\n${'ab'.repeat(32)}\n`],
  ['a space after the root', `${ORIGIN}\n3\n${ROOT} \n`],
  ['zeros for the root of no leaves', `${ORIGIN}\n0\n${encodeBase64(new Uint8Array(32))}\n`],
  ['an empty line at its end', `${ORIGIN}\n3\n${ROOT}\n\n`],
  ['an empty line before another', `${ORIGIN}\n3\n${ROOT}\n\nx\n`],
])('%s is no checkpoint', (_, text) => {
  expect(() => parseCheckpoint(text)).toThrow(MALFORMED)
})

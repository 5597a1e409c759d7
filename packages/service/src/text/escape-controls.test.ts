import fc from 'fast-check'
import { expect, test } from 'vitest'
import { escapeControls } from './escape-controls.ts'

test.each([
  ['plain', 'file 1.bin, größer, 文件, 🙂, a\\b', 'file 1.bin, größer, 文件, 🙂, a\\b'],
  ['a line of its own', 'a\r\nFATAL: b\tc', 'a\\r\\nFATAL: b\\tc'],
  ['escape sequences', '\x1b[2J\x1b]0;title\x07', '\\u001b[2J\\u001b]0;title\\u0007'],
  ['NUL and DEL', 'a\0b\x7f', 'a\\u0000b\\u007f'],
  ['C1, which some terminals take for an escape', '\x9b2J\x85', '\\u009b2J\\u0085'],
  ['separators of lines', 'a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
  [
    'direction',
    '\u202ecod.exe\u202c \u2066x\u2069 \u200f\u061c',
    '\\u202ecod.exe\\u202c \\u2066x\\u2069 \\u200f\\u061c',
  ],
  ['half a character', '\ud83dx', '\\ud83dx'],
])('%s', (_, text, wanted) => {
  expect(escapeControls(text)).toBe(wanted)
})

test('JSON stays the same JSON, and nothing that a terminal obeys is left', () => {
  const unit = fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 0x9f }))
  const text = fc.array(unit).map((codes) => String.fromCharCode(...codes))
  fc.assert(
    fc.property(text, (value) => {
      const escaped = escapeControls(JSON.stringify({ [value]: value }))
      expect(JSON.parse(escaped)).toEqual({ [value]: value })
      expect(escaped).not.toMatch(/\p{Cc}|\p{Zl}|\p{Zp}/u)
      expect(escapeControls(value)).not.toMatch(/\p{Cc}|\p{Zl}|\p{Zp}|\p{Cs}/u)
    }),
  )
})

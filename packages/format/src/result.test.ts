import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { amidst, failure, hex, hostile, outcome, u32, view } from '../test/support.ts'
import vectors from '../vectors/results.json' with { type: 'json' }
import { decodeResult, encodeResult, RESULT_TEXT, ResultCode, resultCodeName } from './result.ts'

const texts = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) })
const results = fc.record({ code: u32, text: texts })

describe('golden', () => {
  test.each(vectors)('$code $text', ({ code, text, bytes }) => {
    expect(encodeResult(code)).toEqual(hex(bytes))
    expect(encodeResult(code, text)).toEqual(hex(bytes))
    expect(decodeResult(amidst(hex(bytes)))).toEqual({ code, text })
    expect(decodeResult(view(hex(bytes)))).toEqual({ code, text })
  })

  test('every code is among them, under its name', () => {
    expect(ResultCode).toEqual({
      OK: 0,
      ALREADY_STARTED: 1,
      ALREADY_STOPPED: 2,
      BAD_FROM_ENTRY: 3,
      BAD_FROM_BOOKMARK: 4,
      BAD_TO_BOOKMARK: 5,
      INVALID_COMMAND: 9,
    })
    expect(Object.values(RESULT_TEXT)).toEqual(vectors.map(({ text }) => text))
  })

  test('the name of a code', () => {
    expect(resultCodeName(9)).toBe('INVALID_COMMAND')
    expect(resultCodeName(6)).toBeUndefined()
  })

  test('a code that is not ours has no text by itself', () => {
    expect(encodeResult(0xfffe_fdfc)).toEqual(hex('ff 00000009 fffefdfc'))
  })
})

describe('any result', () => {
  test('round trip at any position; every prefix waits', () => {
    fc.assert(
      fc.property(results, fc.nat(9), ({ code, text }, at) => {
        const bytes = encodeResult(code, text)
        const shifted = new Uint8Array(at + bytes.length)
        shifted.set(bytes, at)
        expect(decodeResult(view(shifted), at)).toEqual({ code, text })
        for (let size = 0; size < bytes.length; size++) {
          expect(decodeResult(view(shifted.subarray(0, at + size)), at)).toBeUndefined()
        }
      }),
    )
  })

  test('hostile bytes are a result, wait, or fail where they break the format', () => {
    fc.assert(
      fc.property(hostile(results.map(({ code, text }) => encodeResult(code, text))), (bytes) => {
        const result = outcome(bytes.length, () => decodeResult(view(bytes)))
        if (result !== undefined && 'text' in result) expect(result.text).toMatch(/^[\x20-\x7e]*$/)
      }),
    )
  })

  test('text that is not ASCII cannot reach a terminal', () => {
    expect(decodeResult(view(encodeResult(3, 'é\n')))).toEqual({ code: 3, text: '??' })
    expect(decodeResult(view(hex('ff 0000000c 00000003 1b5b6d')))).toEqual({ code: 3, text: '?[m' })
  })
})

describe('refused', () => {
  test.each([
    ['fe', 'BAD_PACKET', 1, 'packet type 254, expected a result (255) at byte 1'],
    ['ff00000008', 'BAD_LENGTH', 2, 'result length 8, expected 9 to 4096 at byte 2'],
    ['ff00001001', 'BAD_LENGTH', 2, 'result length 4097, expected 9 to 4096 at byte 2'],
  ])('%s: %s at %i', (digits, code, offset, message) => {
    expect(failure(() => decodeResult(view(hex(`00 ${digits}`)), 1))).toEqual({ code, offset, message })
  })

  test('the longest text there may be, and one byte more', () => {
    const longest = encodeResult(0, 'x'.repeat(4087))
    expect(longest.length).toBe(4096)
    expect(decodeResult(view(longest))?.text.length).toBe(4087)
    expect(() => encodeResult(0, 'x'.repeat(4088))).toThrow(new RangeError('a result of 4097 bytes, the limit is 4096'))
  })

  test('a code that is no u32', () => {
    expect(() => encodeResult(-1, '')).toThrow(new RangeError('result code -1 is no u32'))
  })
})

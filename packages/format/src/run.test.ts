import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { failure, hex, hostile, join, outcome, view } from '../test/support.ts'
import { decodeEntry, encodeEntry } from './entry.ts'
import { walkRun } from './run.ts'

const E5 = '02 00000012 00000001 0000000000000005 aa'
const E6 = '02 00000011 000000b0 0000000000000006'

/** Entries of any data, numbered from a number on. */
function numbered(data: readonly Uint8Array[], first: bigint): Uint8Array {
  return join(...data.map((bytes, i) => encodeEntry({ type: 1, number: first + BigInt(i), data: bytes })))
}

describe('golden', () => {
  const walk = (digits: string, end?: number, maxCount?: number): unknown => {
    const bytes = hex(digits)
    return walkRun(view(bytes), 0, end ?? bytes.length, 5n, maxCount)
  }

  test('nothing', () => {
    expect(walk('')).toEqual({ end: 0, count: 0, stop: 'end' })
  })

  test('entries up to the end', () => {
    expect(walk(E5 + E6)).toEqual({ end: 35, count: 2, stop: 'end' })
  })

  test('padding, of which only the first byte is looked at', () => {
    expect(walk(`${E5} 00 02eeeeee`)).toEqual({ end: 18, count: 1, stop: 'padding' })
    expect(walk(`${E5} 00`)).toEqual({ end: 18, count: 1, stop: 'padding' })
    expect(walk('00')).toEqual({ end: 0, count: 0, stop: 'padding' })
  })

  test('an entry that is not all there', () => {
    for (let end = 19; end < 35; end++) expect(walk(E5 + E6, end)).toEqual({ end: 18, count: 1, stop: 'incomplete' })
    expect(walk(E5, 17)).toEqual({ end: 0, count: 0, stop: 'incomplete' })
  })

  test('no more than asked for', () => {
    expect(walk(E5 + E6, 35, 1)).toEqual({ end: 18, count: 1, stop: 'end' })
    expect(walk(E5 + E6, 35, 2)).toEqual({ end: 35, count: 2, stop: 'end' })
    expect(walk(E5 + E6, 35, 0)).toEqual({ end: 0, count: 0, stop: 'end' })
  })

  test('from a position inside', () => {
    expect(walkRun(view(hex(E5 + E6)), 18, 35, 6n)).toEqual({ end: 35, count: 1, stop: 'end' })
  })

  test('across 2^32 and up to the largest number', () => {
    const data = [hex('00'), hex('01'), hex('02')]
    expect(walkRun(view(numbered(data, 0xffff_fffen)), 0, 54, 0xffff_fffen)).toMatchObject({ count: 3 })
    expect(walkRun(view(numbered(data, 2n ** 64n - 3n)), 0, 54, 2n ** 64n - 3n)).toMatchObject({ count: 3 })
  })

  test('an entry that fills its page', () => {
    const page = encodeEntry({ type: 1, number: 5n, data: new Uint8Array(1_048_559) })
    expect(walkRun(view(page), 0, page.length, 5n)).toEqual({ end: 1_048_576, count: 1, stop: 'end' })
  })
})

describe('refused', () => {
  test.each([
    [`${E5} 01`, 'BAD_PACKET', 18, 'packet type 1, expected an entry (2) or padding (0) at byte 18'],
    [E5.replace('00000012', '00000010'), 'BAD_LENGTH', 1, 'entry length 16, expected 17 to 1048576 at byte 1'],
    [E5.replace('00000012', '00100001'), 'BAD_LENGTH', 1, 'entry length 1048577, expected 17 to 1048576 at byte 1'],
    [E5 + E5, 'BAD_NUMBER', 27, 'entry number 5, expected 6 at byte 27'],
    [E6, 'BAD_NUMBER', 9, 'entry number 6, expected 5 at byte 9'],
    // In its upper half only.
    [
      E5.replace('0000000000000005', '0000000100000005'),
      'BAD_NUMBER',
      9,
      'entry number 4294967301, expected 5 at byte 9',
    ],
  ])('%s: %s', (digits, code, offset, message) => {
    const bytes = hex(digits)
    expect(failure(() => walkRun(view(bytes), 0, bytes.length, 5n))).toEqual({ code, offset, message })
  })
})

describe('any run', () => {
  const runs = fc.record({ data: fc.array(fc.uint8Array()), first: fc.bigInt(0n, 2n ** 63n) })

  test('walks as its entries decode, wherever it ends', () => {
    fc.assert(
      fc.property(runs, fc.nat(), ({ data, first }, size) => {
        const bytes = numbered(data, first)
        expect(walkRun(view(bytes), 0, bytes.length, first)).toEqual({
          end: bytes.length,
          count: data.length,
          stop: 'end',
        })
        const part = bytes.subarray(0, size % (bytes.length + 1))
        const whole: number[] = []
        for (let at = 0; at < part.length; at = whole.reduce((a, b) => a + b, 0)) {
          const entry = decodeEntry(view(part), at)
          if (entry === undefined) break
          whole.push(17 + entry.data.length)
        }
        const end = whole.reduce((a, b) => a + b, 0)
        expect(walkRun(view(part), 0, part.length, first)).toEqual({
          end,
          count: whole.length,
          stop: end === part.length ? 'end' : 'incomplete',
        })
      }),
    )
  })

  test('hostile bytes are walked or fail where they break the format', () => {
    const good = runs.map(({ data }) => numbered([...data, hex('00')], 5n))
    fc.assert(
      fc.property(hostile(good), (bytes) => {
        const run = outcome(bytes.length, () => walkRun(view(bytes), 0, bytes.length, 5n))
        if ('count' in run) expect(run.count * 17).toBeLessThanOrEqual(run.end)
      }),
    )
  })
})

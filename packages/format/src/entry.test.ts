import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { amidst, entries, failure, hex, hostile, outcome, view } from '../test/support.ts'
import vectors from '../vectors/entries.json' with { type: 'json' }
import { concatBytes } from './bytes.ts'
import { PacketType } from './constants.ts'
import { decodeEntries, decodeEntry, type Entry, encodeEntry, NOT_FOUND_ENTRY, sameEntry } from './entry.ts'

describe('golden', () => {
  test.each(vectors)('$name', ({ packet, type, number, data, bytes }) => {
    const entry = { type, number: BigInt(number), data: hex(data) }
    const packetType = packet === 'entry' ? PacketType.entry : PacketType.response
    expect(encodeEntry(entry, packetType)).toEqual(hex(bytes))
    expect(decodeEntry(amidst(hex(bytes)), 0, packetType)).toEqual(entry)
    expect(decodeEntry(view(hex(bytes)), 0, packetType)).toEqual(entry)
  })

  test('an entry is packet 2 unless said otherwise', () => {
    expect(encodeEntry({ type: 1, number: 5n, data: hex('ff') })).toEqual(
      hex('02 00000012 00000001 0000000000000005 ff'),
    )
    expect(decodeEntry(view(hex('02 00000012 00000001 0000000000000005 ff')))?.number).toBe(5n)
  })

  test('not found is a response of its own', () => {
    expect(encodeEntry(NOT_FOUND_ENTRY, PacketType.response)).toEqual(hex('fe 00000011 ffffffff 0000000000000000'))
    expect(Object.isFrozen(NOT_FOUND_ENTRY)).toBe(true)
  })

  test('the largest entry fills a page, one byte more is refused', () => {
    const data = new Uint8Array(1_048_559).fill(7)
    const bytes = encodeEntry({ type: 1, number: 0n, data })
    expect(bytes.length).toBe(1_048_576)
    expect(decodeEntry(view(bytes))?.data).toEqual(data)
    expect(() => encodeEntry({ type: 1, number: 3n, data: new Uint8Array(1_048_560) })).toThrow(
      new RangeError('entry 3 has 1048560 bytes of data, the limit is 1048559'),
    )
  })
})

describe('any entry', () => {
  test('round trip at any position; every prefix waits', () => {
    fc.assert(
      fc.property(entries, fc.constantFrom(PacketType.entry, PacketType.response), fc.nat(9), (entry, packet, at) => {
        const bytes = encodeEntry(entry, packet)
        const shifted = new Uint8Array(at + bytes.length).fill(packet)
        shifted.set(bytes, at)
        expect(decodeEntry(view(shifted), at, packet, bytes.length)).toEqual(entry)
        for (let size = 0; size < bytes.length; size++) {
          expect(decodeEntry(view(shifted.subarray(0, at + size)), at, packet)).toBeUndefined()
        }
      }),
      { numRuns: 50 },
    )
  })

  test('hostile bytes are an entry, wait, or fail where they break the format', () => {
    const good = entries.map((entry) => encodeEntry(entry))
    fc.assert(
      fc.property(hostile(good), (bytes) => {
        const entry = outcome(bytes.length, () => decodeEntry(view(bytes)))
        if (entry !== undefined && 'data' in entry) {
          expect(encodeEntry(entry)).toEqual(bytes.subarray(0, 17 + entry.data.length))
        }
      }),
    )
  })

  test('what is decoded borrows, what is encoded does not', () => {
    const entry = { type: 1, number: 5n, data: hex('aabb') }
    const bytes = encodeEntry(entry)
    const decoded = decodeEntry(new DataView(bytes.buffer))
    entry.data.fill(0xee)
    expect(bytes).toEqual(hex('02 00000013 00000001 0000000000000005 aabb'))
    bytes.fill(0xee)
    expect(decoded?.data).toEqual(hex('eeee'))
  })
})

describe('refused', () => {
  test.each([
    ['00', 'BAD_PACKET', 3, 'packet type 0, expected an entry (2) at byte 3'],
    ['fe00000011', 'BAD_PACKET', 3, 'packet type 254, expected an entry (2) at byte 3'],
    ['0200000010', 'BAD_LENGTH', 4, 'entry length 16, expected 17 to 1048576 at byte 4'],
    ['0200000000', 'BAD_LENGTH', 4, 'entry length 0, expected 17 to 1048576 at byte 4'],
    ['0200100001', 'BAD_LENGTH', 4, 'entry length 1048577, expected 17 to 1048576 at byte 4'],
    ['02ffffffff', 'BAD_LENGTH', 4, 'entry length 4294967295, expected 17 to 1048576 at byte 4'],
  ])('%s: %s at %i', (digits, code, offset, message) => {
    expect(failure(() => decodeEntry(view(hex(`eeeeee ${digits}`)), 3))).toEqual({ code, offset, message })
  })

  test('an entry where a response must stand', () => {
    expect(failure(() => decodeEntry(view(hex('02')), 0, PacketType.response))).toMatchObject({
      code: 'BAD_PACKET',
      message: 'packet type 2, expected an entry (254) at byte 0',
    })
  })

  test('an entry beyond the limit requested, before its body is there', () => {
    expect(decodeEntry(view(hex('0200000014')), 0, PacketType.entry, 20)).toBeUndefined()
    expect(failure(() => decodeEntry(view(hex('0200000015')), 0, PacketType.entry, 20))).toMatchObject({
      code: 'BAD_LENGTH',
      message: 'entry length 21, expected 17 to 20 at byte 1',
    })
  })

  test.each([
    [{ type: -1 }, 'entry type -1 is no u32'],
    [{ type: 0x1_0000_0000 }, 'entry type 4294967296 is no u32'],
    [{ number: -1n }, 'entry number -1 is no u64'],
    [{ number: 2n ** 64n }, 'entry number 18446744073709551616 is no u64'],
  ])('fields that do not fit: %o', (fields, message) => {
    expect(() => encodeEntry({ type: 1, number: 0n, data: new Uint8Array(0), ...fields })).toThrow(
      new RangeError(message),
    )
  })
})

describe('a run', () => {
  const first = encodeEntry({ type: 1, number: 5n, data: hex('aabb') })
  const second = encodeEntry({ type: 2, number: 6n, data: hex('') })
  const run = concatBytes([first, second])

  test('its entries, in order; they borrow its memory', () => {
    const bytes = amidst(run)
    const found = decodeEntries(bytes)
    expect(found).toEqual([
      { type: 1, number: 5n, data: hex('aabb') },
      { type: 2, number: 6n, data: hex('') },
    ])
    bytes[17] = 0xcc
    expect(found[0]?.data).toEqual(hex('ccbb'))
    expect(decodeEntries(new Uint8Array(0))).toEqual([])
  })

  test.each([first.length + 1, run.length - 1])('of %i bytes ends inside an entry', (length) => {
    const incomplete = run.subarray(0, length)
    expect(failure(() => decodeEntries(incomplete))).toMatchObject({ code: 'INCOMPLETE', offset: first.length })
  })

  test('something else than an entry', () => {
    const bytes = concatBytes([first, hex('00')])
    expect(failure(() => decodeEntries(bytes))).toMatchObject({ code: 'BAD_PACKET', offset: first.length })
  })
})

describe('comparison', () => {
  const entry: Entry = { type: 1, number: 5n, data: hex('aabbcc') }

  test('same in type, number and data, whoever owns the bytes', () => {
    expect(sameEntry(entry, { ...entry, data: entry.data.slice() })).toBe(true)
  })

  test.each([{ type: 2 }, { number: 6n }, { data: hex('aabbcd') }, { data: hex('aabb') }, { data: hex('aabbcc00') }])(
    'different: %o',
    (fields) => {
      expect(sameEntry(entry, { ...entry, ...fields })).toBe(false)
    },
  )
})

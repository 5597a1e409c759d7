import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { amidst, failure, hex, hostile, outcome, u64, view } from '../test/support.ts'
import vectors from '../vectors/headers.json' with { type: 'json' }
import {
  decodeHeaderEntry,
  decodeHeaderPage,
  defaultMagic,
  encodeHeaderEntry,
  encodeHeaderPage,
  type Header,
  type HeaderGeneration,
  headerEntryOffset,
} from './header.ts'

const MAGIC = '706f6c79676f6e44415453545245414d'
const SHORT = '01 0000001d 0000000000000001 0000000000001000 0000000000000000'
const LONG = '01 00000026 01 0000000000000089 0000000000000001 0000000000001000 0000000000000000'

const headers: fc.Arbitrary<Header> = fc
  .record({
    generation: fc.constantFrom<HeaderGeneration[]>(1, 2, 3),
    version: fc.nat(255),
    systemId: u64,
    streamType: u64,
    totalLength: fc.maxSafeNat(),
    totalEntries: u64,
  })
  .map((header) => (header.generation === 3 ? header : { ...header, version: 0, systemId: 0n }))

describe('golden', () => {
  const golden = vectors.map(({ name, offset, bytes, ...fields }) => {
    const header: Header = {
      generation: fields.generation as HeaderGeneration,
      version: fields.version,
      systemId: BigInt(fields.systemId),
      streamType: BigInt(fields.streamType),
      totalLength: fields.totalLength,
      totalEntries: BigInt(fields.totalEntries),
    }
    return { name, header, offset, bytes: hex(bytes) }
  })

  test.each(golden)('entry: $name', ({ header, bytes }) => {
    expect(encodeHeaderEntry(header)).toEqual(bytes)
    // Only the place in a file tells generation 1 from 2.
    const decoded = { ...header, generation: header.generation === 3 ? 3 : 2 }
    expect(decodeHeaderEntry(amidst(bytes))).toEqual(decoded)
    expect(decodeHeaderEntry(view(bytes))).toEqual(decoded)
  })

  test.each(golden)('page: $name', ({ header, offset, bytes }) => {
    const page = encodeHeaderPage(header)
    expect(page.length).toBe(4096)
    expect(page.subarray(0, offset)).toEqual(hex(MAGIC).subarray(0, offset))
    expect(page.subarray(offset, offset + bytes.length)).toEqual(bytes)
    expect(page.subarray(offset + bytes.length).every((byte) => byte === 0)).toBe(true)
    expect(decodeHeaderPage(amidst(page))).toEqual(header)
    expect(headerEntryOffset(header.generation)).toBe(offset)
  })

  test('the magic is the text polygonDATSTREAM, a copy each time', () => {
    expect(defaultMagic()).toEqual(hex(MAGIC))
    defaultMagic().fill(0)
    expect(defaultMagic()).toEqual(hex(MAGIC))
  })
})

describe('any header', () => {
  test('round trip; every prefix of the entry waits, every prefix of the page is incomplete', () => {
    fc.assert(
      fc.property(headers, (header) => {
        const bytes = encodeHeaderEntry(header)
        const decoded = { ...header, generation: header.generation === 3 ? 3 : 2 }
        expect(decodeHeaderEntry(amidst(bytes))).toEqual(decoded)
        expect(decodeHeaderEntry(view(bytes))).toEqual(decoded)
        for (let size = 0; size < bytes.length; size++) {
          expect(decodeHeaderEntry(view(bytes.subarray(0, size)))).toBeUndefined()
        }
        const page = encodeHeaderPage(header).subarray(0, headerEntryOffset(header.generation) + bytes.length)
        expect(decodeHeaderPage(amidst(page))).toEqual(header)
        for (let size = 0; size < page.length; size++) {
          expect(failure(() => decodeHeaderPage(amidst(page.subarray(0, size))))).toMatchObject({
            code: 'INCOMPLETE',
            offset: size,
          })
        }
      }),
      { numRuns: 50 },
    )
  })

  test('hostile bytes are a header, wait, or fail where they break the format', () => {
    fc.assert(
      fc.property(hostile(headers.map(encodeHeaderEntry)), (bytes) => {
        const header = outcome(bytes.length, () => decodeHeaderEntry(view(bytes)))
        if (header !== undefined && 'generation' in header) {
          const again = encodeHeaderEntry(header)
          expect(again).toEqual(bytes.subarray(0, again.length))
        }
      }),
    )
  })

  test('hostile pages are a header or fail where they break the format', () => {
    fc.assert(
      fc.property(hostile(headers.map((header) => encodeHeaderPage(header).subarray(0, 54))), (page) => {
        const header = outcome(page.length, () => decodeHeaderPage(amidst(page)))
        if ('generation' in header) {
          const end = headerEntryOffset(header.generation) + encodeHeaderEntry(header).length
          expect(encodeHeaderPage(header).subarray(0, end)).toEqual(page.subarray(0, end))
        }
      }),
    )
  })
})

describe('magic', () => {
  const magic = hex('01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10')
  const header = decodeHeaderPage(hex(MAGIC + LONG))

  test('another application has another one, which may even begin as generation 1 does', () => {
    const page = encodeHeaderPage(header, { magic })
    expect(page.subarray(0, 16)).toEqual(magic)
    expect(decodeHeaderPage(page, { magic })).toEqual(header)
    expect(decodeHeaderPage(hex(SHORT), { magic })).toMatchObject({ generation: 1 })
  })

  test('generation 1 is read whichever magic was asked for, and written without one', () => {
    expect(decodeHeaderPage(hex(SHORT))).toEqual({
      generation: 1,
      version: 0,
      systemId: 0n,
      streamType: 1n,
      totalLength: 4096,
      totalEntries: 0n,
    })
    expect(encodeHeaderPage(decodeHeaderPage(hex(SHORT)), { magic }).subarray(0, 29)).toEqual(hex(SHORT))
  })

  test('another one in the file is refused, in its last byte too', () => {
    const page = hex(`${MAGIC.slice(0, -2)}4e ${LONG}`)
    expect(failure(() => decodeHeaderPage(page))).toEqual({
      code: 'BAD_MAGIC',
      offset: 0,
      message: 'magic "polygonDATSTREAN", expected "polygonDATSTREAM" at byte 0',
    })
    expect(failure(() => decodeHeaderPage(new Uint8Array(4096)))).toMatchObject({ code: 'BAD_MAGIC', offset: 0 })
  })

  test('must be 16 bytes', () => {
    const short = { magic: magic.subarray(1) }
    const error = new RangeError('a magic of 15 bytes, expected 16')
    expect(() => encodeHeaderPage(header, short)).toThrow(error)
    expect(() => decodeHeaderPage(hex(MAGIC + LONG), short)).toThrow(error)
  })
})

describe('refused', () => {
  test.each([
    ['02', 'BAD_PACKET', 2, 'packet type 2, expected a header (1) at byte 2'],
    ['010000001c', 'BAD_LENGTH', 3, 'header length 28, expected 29 or 38 at byte 3'],
    ['010000001e', 'BAD_LENGTH', 3, 'header length 30, expected 29 or 38 at byte 3'],
    ['0100000025', 'BAD_LENGTH', 3, 'header length 37, expected 29 or 38 at byte 3'],
    ['0100000027', 'BAD_LENGTH', 3, 'header length 39, expected 29 or 38 at byte 3'],
  ])('entry %s: %s', (digits, code, offset, message) => {
    expect(failure(() => decodeHeaderEntry(view(hex(`0000 ${digits}`)), 2))).toEqual({ code, offset, message })
  })

  test('a total length that no file has', () => {
    expect(failure(() => decodeHeaderEntry(view(hex(SHORT.replace('0000000000001000', '0020000000000000')))))).toEqual({
      code: 'UNSAFE_NUMBER',
      offset: 13,
      message: 'totalLength 9007199254740992 is beyond 2^53 - 1 at byte 13',
    })
    expect(
      failure(() => decodeHeaderPage(hex(MAGIC + LONG.replace('0000000000001000', 'ffffffffffffffff')))),
    ).toMatchObject({ code: 'UNSAFE_NUMBER', offset: 38 })
  })

  test('a page with another packet or length after the magic', () => {
    expect(failure(() => decodeHeaderPage(hex(`${MAGIC} 02`)))).toMatchObject({ code: 'BAD_PACKET', offset: 16 })
    expect(failure(() => decodeHeaderPage(hex(`${MAGIC} 0100000027`)))).toMatchObject({
      code: 'BAD_LENGTH',
      offset: 17,
    })
  })

  test('a generation 3 header without a magic', () => {
    expect(failure(() => decodeHeaderPage(hex(LONG)))).toEqual({
      code: 'BAD_LENGTH',
      offset: 1,
      message: 'header length 38, expected 29 in a file without a magic at byte 1',
    })
  })

  test('a file that ends inside its header, and how long that should be', () => {
    const incomplete = (digits: string): string => failure(() => decodeHeaderPage(hex(digits))).message
    expect(incomplete('')).toBe('file header of 0 bytes, expected 54 at byte 0')
    expect(incomplete(`${MAGIC} 0100000026`)).toBe('file header of 21 bytes, expected 54 at byte 21')
    expect(incomplete('010000001d')).toBe('file header of 5 bytes, expected 29 at byte 5')
  })

  test.each([
    [{ version: 256 }, 'version 256 is no u8'],
    [{ systemId: -1n }, 'systemId -1 is no u64'],
    [{ streamType: 2n ** 64n }, 'streamType 18446744073709551616 is no u64'],
    [{ totalEntries: -1n }, 'totalEntries -1 is no u64'],
    [{ totalLength: -1 }, 'totalLength -1 is no file position'],
    [{ totalLength: 2 ** 53 }, 'totalLength 9007199254740992 is no file position'],
    [{ totalLength: 4096.5 }, 'totalLength 4096.5 is no file position'],
    [{ generation: 2 as const }, 'version 1, systemId 137: generation 2 holds neither, expected 0'],
    [{ generation: 1 as const, version: 0 }, 'version 0, systemId 137: generation 1 holds neither, expected 0'],
    [{ generation: 1 as const, systemId: 0n }, 'version 1, systemId 0: generation 1 holds neither, expected 0'],
  ])('fields that do not fit: %o', (fields, message) => {
    const header = decodeHeaderPage(hex(MAGIC + LONG))
    expect(() => encodeHeaderEntry({ ...header, ...fields })).toThrow(new RangeError(message))
  })
})

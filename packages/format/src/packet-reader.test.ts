import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allocated, entries, failure, hex, hostile, join, u32, u64 } from '../test/support.ts'
import { encodeCompressed } from './compressed.ts'
import { PacketType } from './constants.ts'
import { type Entry, encodeEntry } from './entry.ts'
import { FormatError } from './errors.ts'
import { encodeHeaderEntry } from './header.ts'
import { encodeOperationBoundary } from './operation-boundary.ts'
import type { Packet } from './packet.ts'
import { PacketReader } from './packet-reader.ts'
import { encodeProgress } from './progress.ts'
import { encodeResult } from './result.ts'
import { encodeRunningDigest } from './running-digest.ts'

const ENTRY = '02 00000012 00000001 0000000000000005 aa'
const GOLDEN: readonly (readonly [string, Packet])[] = [
  ['ff 0000000b 00000000 4f4b', { packet: 'result', result: { code: 0, text: 'OK' } }],
  [
    '01 00000026 02 0000000000000089 0000000000000001 000000000000125d 000000000000000d',
    {
      packet: 'header',
      header: { generation: 3, version: 2, systemId: 137n, streamType: 1n, totalLength: 4701, totalEntries: 13n },
    },
  ],
  [ENTRY, { packet: 'entry', entry: { type: 1, number: 5n, data: hex('aa') } }],
  [
    '03 0000000e 00 0000000000000006',
    { packet: 'operationBoundary', operationBoundary: { gap: false, nextEntry: 6n } },
  ],
  ['04 0000000b 00000011 aabb', { packet: 'compressed', compressed: { size: 17, frame: hex('aabb') } }],
  [
    `05 0000002d 0000000000000006 ${'ab'.repeat(32)}`,
    { packet: 'progress', progress: { nextEntry: 6n, digest: new Uint8Array(32).fill(0xab) } },
  ],
  [
    'fe 00000011 ffffffff 0000000000000000',
    { packet: 'response', entry: { type: 0xffff_ffff, number: 0n, data: hex('') } },
  ],
]

const packets: fc.Arbitrary<Packet> = fc.oneof(
  { weight: 5, arbitrary: entries.map((entry): Packet => ({ packet: 'entry', entry })) },
  entries.map((entry): Packet => ({ packet: 'response', entry })),
  fc
    .record({ version: fc.nat(255), systemId: u64, streamType: u64, totalLength: fc.maxSafeNat(), totalEntries: u64 })
    .map((fields): Packet => ({ packet: 'header', header: { generation: 3, ...fields } })),
  fc
    .record({ code: u32, text: fc.constantFrom('', 'OK', 'Already started') })
    .map((result): Packet => ({ packet: 'result', result })),
  fc
    .record({ gap: fc.boolean(), nextEntry: u64 })
    .map((operationBoundary): Packet => ({ packet: 'operationBoundary', operationBoundary })),
  fc
    .record({ size: fc.integer({ min: 17, max: 1_052_672 }), frame: fc.uint8Array({ minLength: 1 }) })
    .map((compressed): Packet => ({ packet: 'compressed', compressed })),
  fc
    .record({ nextEntry: u64, digest: fc.uint8Array({ minLength: 32, maxLength: 32 }) })
    .map((progress): Packet => ({ packet: 'progress', progress })),
  fc
    .record({
      nextEntry: u64,
      runningDigest: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      signature: fc.record({ time: u64, keyId: u32, bytes: fc.uint8Array({ minLength: 64, maxLength: 64 }) }),
    })
    .map((runningDigest): Packet => ({ packet: 'runningDigest', runningDigest })),
)

function encode(packet: Packet): Uint8Array {
  switch (packet.packet) {
    case 'entry':
      return encodeEntry(packet.entry)
    case 'response':
      return encodeEntry(packet.entry, PacketType.response)
    case 'header':
      return encodeHeaderEntry(packet.header)
    case 'result':
      return encodeResult(packet.result.code, packet.result.text)
    case 'operationBoundary':
      return encodeOperationBoundary(packet.operationBoundary)
    case 'compressed':
      return encodeCompressed(packet.compressed)
    case 'progress':
      return encodeProgress(packet.progress)
    case 'runningDigest':
      return encodeRunningDigest(packet.runningDigest)
  }
}

/** The bytes in chunks of the lengths given, in turn. */
function* chunksOf(bytes: Uint8Array, lengths: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] ?? 1
    yield bytes.slice(at, at + length)
    at += length
  }
}

function readAll(reader: PacketReader): Packet[] {
  const all: Packet[] = []
  for (let packet = reader.read(); packet !== undefined; packet = reader.read()) all.push(packet)
  return all
}

/** As a client reads: runs of entries at once, other packets one by one. */
function readRuns(reader: PacketReader): Packet[] {
  const all: Packet[] = []
  for (;;) {
    const run = reader.readEntries()
    all.push(...run.map((entry): Packet => ({ packet: 'entry', entry })))
    if (run.length > 0) continue
    const packet = reader.read()
    if (packet === undefined) return all
    all.push(packet)
  }
}

test.each(GOLDEN)('golden: %s', (digits, packet) => {
  const reader = new PacketReader()
  reader.push(hex(digits))
  expect(reader.read()).toEqual(packet)
  expect(reader.read()).toBeUndefined()
  expect(reader.buffered).toBe(0)
})

describe('any packets, in chunks of any size', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 })

  test('come out the same, once there is a byte of the next or not', () => {
    fc.assert(
      fc.property(fc.array(packets), sizes, fc.constantFrom(readAll, readRuns), (expected, lengths, readOn) => {
        const reader = new PacketReader()
        const found: Packet[] = []
        for (const chunk of chunksOf(join(...expected.map(encode)), lengths)) {
          reader.push(chunk)
          found.push(...readOn(reader))
        }
        expect(found).toEqual(expected)
        expect(reader.buffered).toBe(0)
      }),
    )
  })

  test('come out the same byte by byte, each as soon as its last byte is there', () => {
    fc.assert(
      fc.property(fc.array(packets, { maxLength: 5 }), fc.constantFrom(readAll, readRuns), (expected, readOn) => {
        const reader = new PacketReader()
        for (const packet of expected) {
          const bytes = encode(packet)
          for (const [i, byte] of bytes.entries()) {
            reader.push(Uint8Array.of(byte))
            expect(reader.buffered).toBe(i + 1)
            expect(readOn(reader)).toEqual(i === bytes.length - 1 ? [packet] : [])
          }
        }
      }),
      { numRuns: 30 },
    )
  })

  test('come out the same if all is pushed before any is read', () => {
    fc.assert(
      fc.property(fc.array(packets), sizes, fc.constantFrom(readAll, readRuns), (expected, lengths, readOn) => {
        const reader = new PacketReader()
        const bytes = join(...expected.map(encode))
        for (const chunk of chunksOf(bytes, lengths)) reader.push(chunk)
        expect(reader.buffered).toBe(bytes.length)
        expect(readOn(reader)).toEqual(expected)
      }),
    )
  })

  test('do not change when a chunk is used again, if its packets are no longer in use', () => {
    fc.assert(
      fc.property(fc.array(packets, { minLength: 1 }), sizes, (expected, lengths) => {
        const reader = new PacketReader()
        const found: Uint8Array[] = []
        let before: Uint8Array = new Uint8Array(0)
        for (const chunk of chunksOf(join(...expected.map(encode)), lengths)) {
          reader.push(chunk)
          found.push(...readAll(reader).map(encode))
          // A packet that began in the chunk before has been joined by now.
          before.fill(0xee)
          before = chunk
        }
        expect(found).toEqual(expected.map(encode))
      }),
    )
  })
})

describe('entries', () => {
  const entry = (number: number): Entry => ({ type: 1, number: BigInt(number), data: hex('aabb') })
  const bytes = join(...[0, 1, 2, 3, 4].map((number) => encodeEntry(entry(number))))

  test('are not copied', () => {
    const reader = new PacketReader()
    reader.push(bytes)
    for (const { data } of reader.readEntries()) expect(data.buffer).toBe(bytes.buffer)
    reader.push(bytes)
    expect(reader.read()).toMatchObject({ entry: { data: { buffer: bytes.buffer } } })
  })

  test('only the one that lies across chunks is copied, whatever the chunks', () => {
    const reader = new PacketReader()
    const big = join(bytes, bytes, bytes, bytes)
    expect(
      allocated(() => {
        reader.push(bytes.subarray(0, 30))
        expect(reader.readEntries().length).toBe(1)
        reader.push(big.subarray(30))
        expect(reader.readEntries().length).toBe(19)
      }),
    ).toBeLessThan(60)
  })

  test('come in runs of at most the limit', () => {
    const reader = new PacketReader()
    reader.push(bytes)
    expect(reader.readEntries(0)).toEqual([])
    expect(reader.readEntries(2)).toEqual([entry(0), entry(1)])
    expect(reader.readEntries(3)).toEqual([entry(2), entry(3), entry(4)])
    expect(reader.readEntries(3)).toEqual([])
  })

  test('end where another packet stands', () => {
    const reader = new PacketReader()
    reader.push(join(bytes.subarray(0, 19), encodeResult(0), bytes.subarray(19)))
    expect(reader.readEntries()).toEqual([entry(0)])
    expect(reader.readEntries()).toEqual([])
    expect(reader.read()).toMatchObject({ packet: 'result' })
    expect(reader.readEntries()).toHaveLength(4)
  })
})

describe('the bare end of a range', () => {
  const bytes = join(encodeResult(0), hex('0102030405060708'), hex(ENTRY))

  test.each([1, 3, 8, 12, 100])('in chunks of %i bytes', (length) => {
    const reader = new PacketReader()
    const found: unknown[] = []
    for (const chunk of chunksOf(bytes, [length])) {
      reader.push(chunk)
      if (found.length === 0) found.push(...readOne(reader.read()))
      if (found.length === 1) found.push(...readOne(reader.readRangeEnd()))
      if (found.length === 2) found.push(...readOne(reader.read()))
    }
    expect(found).toEqual([
      { packet: 'result', result: { code: 0, text: 'OK' } },
      0x0102030405060708n,
      { packet: 'entry', entry: { type: 1, number: 5n, data: hex('aa') } },
    ])
  })

  test('waits for its last byte', () => {
    const reader = new PacketReader()
    expect(reader.readRangeEnd()).toBeUndefined()
    reader.push(hex('00000000000000'))
    expect(reader.readRangeEnd()).toBeUndefined()
    reader.push(hex('0c'))
    expect(reader.readRangeEnd()).toBe(12n)
    expect(reader.readRangeEnd()).toBeUndefined()
  })

  function readOne<T>(value: T | undefined): T[] {
    return value === undefined ? [] : [value]
  }
})

describe('refused', () => {
  test.each([0x00, 0x06, 0x7f, 0xfd])('a packet of type %i', (type) => {
    const reader = new PacketReader()
    reader.push(hex(ENTRY))
    reader.push(Uint8Array.of(type))
    expect(reader.readEntries()).toHaveLength(1)
    expect(reader.readEntries()).toEqual([])
    expect(failure(() => reader.read())).toEqual({
      code: 'BAD_PACKET',
      offset: 18,
      message: `packet type ${type}, expected 1 to 6, 254 or 255 at byte 18`,
    })
  })

  test('a length, at its place in all that was pushed, after the entries before it, again and again', () => {
    const bytes = hex(`${ENTRY}${ENTRY}${ENTRY} 02 00000010`)
    for (const length of [1, 5, 20, 59]) {
      const reader = new PacketReader()
      const found: Entry[] = []
      for (const chunk of chunksOf(bytes.subarray(0, -1), [length])) {
        reader.push(chunk)
        found.push(...reader.readEntries())
      }
      reader.push(bytes.subarray(-1))
      expect(found).toHaveLength(3)
      const error = { code: 'BAD_LENGTH', offset: 55, message: 'entry length 16, expected 17 to 1048576 at byte 55' }
      expect(failure(() => reader.readEntries())).toEqual(error)
      expect(failure(() => reader.read())).toEqual(error)
    }
  })

  test.each([1, 2])('a length after %i good entries of the same chunk, after these', (count) => {
    const reader = new PacketReader()
    reader.push(hex(`${ENTRY.repeat(count)} 02 00000010`))
    expect(reader.readEntries()).toHaveLength(count)
    expect(failure(() => reader.readEntries())).toMatchObject({ code: 'BAD_LENGTH', offset: 18 * count + 1 })
  })

  test('an entry or response beyond the limit requested', () => {
    for (const type of ['02', 'fe']) {
      const reader = new PacketReader({ maxEntryBytes: 20 })
      reader.push(hex(`${type} 00000015`))
      expect(failure(() => reader.read())).toMatchObject({ code: 'BAD_LENGTH', offset: 1 })
    }
    const reader = new PacketReader({ maxEntryBytes: 20 })
    reader.push(hex('02 00000015'))
    expect(failure(() => reader.readEntries())).toMatchObject({ code: 'BAD_LENGTH', offset: 1 })
  })

  test.each([16, 17.5, 2 ** 32, Number.NaN])('a limit of %d', (maxEntryBytes) => {
    expect(() => new PacketReader({ maxEntryBytes })).toThrow(RangeError)
  })

  test.each([17, 2 ** 32 - 1])('but not a limit of %i', (maxEntryBytes) => {
    expect(new PacketReader({ maxEntryBytes }).buffered).toBe(0)
  })
})

describe('hostile bytes', () => {
  test('are packets, wait, or fail at a place in them; never more memory in all than four times the bytes', () => {
    const good = fc.array(packets, { minLength: 1, maxLength: 3 }).map((all) => join(...all.map(encode)))
    const lengths = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 })
    fc.assert(
      fc.property(hostile(good), lengths, fc.constantFrom(readAll, readRuns), (bytes, sizes, readOn) => {
        const reader = new PacketReader()
        const chunks = [...chunksOf(bytes, sizes)]
        const memory = allocated(() => {
          try {
            for (const chunk of chunks) {
              reader.push(chunk)
              readOn(reader)
            }
          } catch (error) {
            if (!(error instanceof FormatError)) throw error
            expect(error.offset).toBeLessThan(bytes.length)
          }
        })
        expect(memory).toBeLessThanOrEqual(4 * bytes.length + 20)
      }),
      { numRuns: 500 },
    )
  })

  test('memory grows with the bytes that come, not with the length that is announced', () => {
    const reader = new PacketReader()
    const grown = allocated(() => {
      for (const byte of hex('02 00100000 00000001 0000000000000005 aabbccdd')) {
        reader.push(Uint8Array.of(byte))
        expect(reader.read()).toBeUndefined()
      }
    })
    expect(grown).toBeLessThan(150)
  })

  test('the largest entry in small chunks is copied a bounded number of times', () => {
    const reader = new PacketReader()
    const bytes = encodeEntry({ type: 1, number: 5n, data: new Uint8Array(1_048_559).fill(7) })
    const chunks = [...chunksOf(bytes, [1000])]
    let found: Entry[] = []
    const memory = allocated(() => {
      for (const chunk of chunks) {
        reader.push(chunk)
        found = reader.readEntries()
      }
    })
    expect(found[0]?.data.length).toBe(1_048_559)
    expect(memory).toBeLessThan(4 * bytes.length)
  })

  test('a long list of small chunks is read in a time that grows with its length', () => {
    const reader = new PacketReader()
    const bytes = hex(ENTRY)
    for (let i = 0; i < 10_000; i++) for (const byte of bytes) reader.push(Uint8Array.of(byte))
    expect(reader.readEntries()).toHaveLength(10_000)
  })

  test('an empty chunk changes nothing', () => {
    const reader = new PacketReader()
    reader.push(hex(''))
    expect(reader.buffered).toBe(0)
    reader.push(hex('02'))
    reader.push(hex(''))
    expect(reader.read()).toBeUndefined()
    reader.push(hex(ENTRY).subarray(1))
    expect(reader.readEntries()).toHaveLength(1)
  })
})

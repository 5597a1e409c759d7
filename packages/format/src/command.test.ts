import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { amidst, failure, hex, hostile, join, outcome, u64 } from '../test/support.ts'
import vectors from '../vectors/commands.json' with { type: 'json' }
import { type Command, decodeCommand, encodeCommand, MAX_COMMAND_BYTES } from './command.ts'

const bookmarks = fc.uint8Array({ minLength: 1, maxLength: 16 })
const commands: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ name: fc.constant('start'), fromEntryNumber: u64 }),
  fc.record({ name: fc.constantFrom('entry', 'signatureAfter'), entryNumber: u64 }),
  fc.record({ name: fc.constantFrom('startBookmark', 'bookmark'), bookmark: bookmarks }),
  fc.record({ name: fc.constant('rangeBookmark'), from: bookmarks, to: bookmarks }),
  fc.record({ name: fc.constantFrom('stop', 'header', 'operationBoundaries', 'compression', 'filters', 'signatures') }),
  fc.record({ name: fc.constant('entryTypes'), types: fc.array(fc.nat(0xffff_ffff), { maxLength: 64 }) }),
)

describe('golden', () => {
  const golden = vectors.map(({ name, command, streamType, bytes }) => ({
    name,
    command: readCommand(command),
    streamType: BigInt(streamType),
    bytes: hex(bytes),
  }))

  test.each(golden)('$name', ({ command, streamType, bytes }) => {
    expect(encodeCommand(command, streamType)).toEqual(bytes)
    expect(decodeCommand(amidst(bytes), streamType)).toEqual({ command, bytes: bytes.length })
  })

  test('every command is among them', () => {
    expect(new Set(golden.map(({ command }) => command.name)).size).toBe(13)
  })

  test('the longest has 274 bytes, without extensions 56', () => {
    const bookmark = new Uint8Array(16)
    expect(encodeCommand({ name: 'rangeBookmark', from: bookmark, to: bookmark }, 1n).length).toBe(56)
    expect(encodeCommand({ name: 'entryTypes', types: Array.from({ length: 64 }, () => 1) }, 1n).length).toBe(274)
    expect(MAX_COMMAND_BYTES).toBe(274)
  })
})

describe('any command', () => {
  test('round trip, whatever follows; every prefix waits', () => {
    fc.assert(
      fc.property(commands, u64, fc.uint8Array(), (command, streamType, after) => {
        const bytes = encodeCommand(command, streamType)
        expect(decodeCommand(amidst(join(bytes, after)), streamType)).toEqual({ command, bytes: bytes.length })
        for (let size = 0; size < bytes.length; size++) {
          expect(decodeCommand(amidst(bytes.subarray(0, size)), streamType)).toBeUndefined()
        }
      }),
    )
  })

  test('hostile bytes are a command, wait, or fail where they break the format', () => {
    const good = commands.map((command) => encodeCommand(command, 1n))
    fc.assert(
      fc.property(hostile(good), (bytes) => {
        const decoded = outcome(bytes.length, () => decodeCommand(amidst(bytes), 1n))
        if (decoded !== undefined && 'command' in decoded) {
          expect(encodeCommand(decoded.command, 1n)).toEqual(bytes.subarray(0, decoded.bytes))
        }
      }),
      { numRuns: 500 },
    )
  })

  test('bookmarks are copies in both directions', () => {
    const bookmark = hex('0102')
    const bytes = encodeCommand({ name: 'bookmark', bookmark }, 1n)
    bookmark.fill(0xee)
    const decoded = decodeCommand(bytes, 1n)
    bytes.fill(0xee)
    expect(decoded?.command).toEqual({ name: 'bookmark', bookmark: hex('0102') })
  })
})

describe('refused', () => {
  const refused = (digits: string): ReturnType<typeof failure> => failure(() => decodeCommand(amidst(hex(digits)), 1n))

  test.each([0n, 8n, 99n, 106n, 256n, 257n, 2n ** 32n + 1n, 2n ** 64n - 1n])('command %d', (number) => {
    expect(refused(`${number.toString(16).padStart(16, '0')} 0000000000000001`)).toEqual({
      code: 'UNKNOWN_COMMAND',
      offset: 0,
      message: `command ${number} at byte 0`,
    })
  })

  test('another stream type, before the command is looked at', () => {
    expect(refused('0000000000000063 0000000000000002')).toEqual({
      code: 'WRONG_STREAM_TYPE',
      offset: 8,
      message: 'stream type 2, expected 1 at byte 8',
    })
    expect(refused('0000000000000003 0100000000000001').code).toBe('WRONG_STREAM_TYPE')
  })

  test.each([
    ['04', '00000000', 16, 0],
    ['04', '00000011', 16, 17],
    ['06', '00000000', 16, 0],
    ['06', 'ffffffff', 16, 4294967295],
    ['07', '00000011', 16, 17],
    ['07', '00000002 aabb 00000000', 22, 0],
    ['07', '00000002 aabb 00000011', 22, 17],
  ])('command %s with bookmark %s, before the bookmark is there', (command, bookmark, offset, length) => {
    expect(refused(`00000000000000${command} 0000000000000001 ${bookmark}`)).toEqual({
      code: 'BAD_BOOKMARK',
      offset,
      message: `bookmark length ${length}, expected 1 to 16 at byte ${offset}`,
    })
  })

  test('more than 64 entry types, before they are there', () => {
    expect(refused('0000000000000067 0000000000000001 0041')).toEqual({
      code: 'BAD_COUNT',
      offset: 16,
      message: '65 entry types, expected 64 at most at byte 16',
    })
  })

  test('to encode entry types that are too many, or none', () => {
    const types = Array.from({ length: 65 }, () => 1)
    expect(() => encodeCommand({ name: 'entryTypes', types }, 1n)).toThrow(
      new RangeError('65 entry types, the limit is 64'),
    )
    expect(() => encodeCommand({ name: 'entryTypes', types: [2 ** 32] }, 1n)).toThrow(
      new RangeError('entry type 4294967296 is no u32'),
    )
  })

  test.each([0, 17])('to encode a bookmark of %i bytes', (length) => {
    const wrong = new Uint8Array(length)
    const right = new Uint8Array(1)
    const error = new RangeError(`a bookmark of ${length} bytes, expected 1 to 16`)
    expect(() => encodeCommand({ name: 'startBookmark', bookmark: wrong }, 1n)).toThrow(error)
    expect(() => encodeCommand({ name: 'bookmark', bookmark: wrong }, 1n)).toThrow(error)
    expect(() => encodeCommand({ name: 'rangeBookmark', from: wrong, to: right }, 1n)).toThrow(error)
    expect(() => encodeCommand({ name: 'rangeBookmark', from: right, to: wrong }, 1n)).toThrow(error)
  })

  test('to encode numbers that are no u64', () => {
    const number = new RangeError('entry number -1 is no u64')
    expect(() => encodeCommand({ name: 'start', fromEntryNumber: -1n }, 1n)).toThrow(number)
    expect(() => encodeCommand({ name: 'entry', entryNumber: -1n }, 1n)).toThrow(number)
    expect(() => encodeCommand({ name: 'stop' }, -1n)).toThrow(new RangeError('stream type -1 is no u64'))
  })
})

/** A command as the vectors spell it: numbers as decimal strings, bookmarks as hex. */
function readCommand(fields: (typeof vectors)[number]['command']): Command {
  const { name, fromEntryNumber = '', entryNumber = '', bookmark = '', from = '', to = '', types = [] } = fields
  switch (name) {
    case 'start':
      return { name, fromEntryNumber: BigInt(fromEntryNumber) }
    case 'entry':
    case 'signatureAfter':
      return { name, entryNumber: BigInt(entryNumber) }
    case 'startBookmark':
    case 'bookmark':
      return { name, bookmark: hex(bookmark) }
    case 'rangeBookmark':
      return { name, from: hex(from), to: hex(to) }
    case 'stop':
    case 'header':
    case 'operationBoundaries':
    case 'compression':
    case 'filters':
    case 'signatures':
      return { name }
    case 'entryTypes':
      return { name, types }
    default:
      throw new Error(`vector of an unknown command ${name}`)
  }
}

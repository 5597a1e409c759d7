import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allocated, amidst, entries, failure, hex, hostile, join, outcome, u32, u64, view } from '../../test/support.ts'
import vectors from '../../vectors/source-messages.json' with { type: 'json' }
import { viewOf } from '../bytes.ts'
import type { HeaderGeneration } from '../header.ts'
import {
  decodeSourceAnswer,
  decodeSourceRequest,
  encodeSourceAnswer,
  encodeSourceRequest,
  MAX_SOURCE_MESSAGE_BYTES,
  MessageReader,
  type SourceAnswer,
  SourceAnswerType,
  SourceCode,
  type SourceRequest,
  SourceRequestType,
  sourceCodeName,
} from '../source.ts'

const u16 = fc.nat(0xffff)
const data = fc.uint8Array({ size: 'medium' })
const bookmark = fc.uint8Array({ minLength: 1, maxLength: 16 })
const printable = (minLength: number, maxLength: number) =>
  fc.array(fc.integer({ min: 0x20, max: 0x7e }), { minLength, maxLength }).map((codes) => String.fromCharCode(...codes))

const requests: fc.Arbitrary<SourceRequest> = fc.oneof(
  fc.record({
    name: fc.constant('hello'),
    streamType: u64,
    nextEntry: fc.option(fc.bigInt(0n, 2n ** 64n - 2n), { nil: undefined }),
    sourceId: printable(1, 64),
    token: fc.uint8Array({ maxLength: 1024 }),
  }),
  fc.record({ name: fc.constant('startAtomicOp'), firstEntry: u64 }),
  fc.record({ name: fc.constant('addStreamEntry'), type: u32, data }),
  fc.record({ name: fc.constantFrom('addStreamBookmark', 'getBookmark', 'getFirstEventAfterBookmark'), bookmark }),
  fc.record({ name: fc.constantFrom('commitAtomicOp', 'rollbackAtomicOp', 'getHeader', 'ping') }),
  fc.record({ name: fc.constant('updateEntryData'), number: u64, type: u32, data }),
  fc.record({ name: fc.constant('truncateFile'), number: u64, totalEntries: u64 }),
  fc.record({ name: fc.constant('getEntry'), number: u64 }),
) as fc.Arbitrary<SourceRequest>

const header = fc.record({
  generation: fc.constant<HeaderGeneration>(3),
  version: fc.nat(255),
  systemId: u64,
  streamType: u64,
  totalLength: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  totalEntries: u64,
})
const answers: fc.Arbitrary<SourceAnswer> = fc.oneof(
  fc.record({
    name: fc.constant('welcome'),
    idleTimeoutMs: u32,
    digest: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    header,
  }),
  fc.record({ name: fc.constantFrom('done', 'ping') }),
  fc.record({ name: fc.constant('committed'), firstEntry: u64, nextEntry: u64 }),
  fc.record({ name: fc.constant('header'), header }),
  fc.record({ name: fc.constant('entry'), entry: fc.option(entries, { nil: undefined }) }),
  fc.record({ name: fc.constant('bookmark'), number: fc.option(u64, { nil: undefined }) }),
  fc.record({ name: fc.constantFrom('refused', 'closing'), code: u16, totalEntries: u64, text: printable(0, 1024) }),
) as fc.Arbitrary<SourceAnswer>

interface Side {
  readonly side: string
  readonly arbitrary: fc.Arbitrary<{ readonly message: unknown; readonly bytes: Uint8Array }>
  readonly decode: (view: DataView, at?: number) => unknown
}

const sides: readonly Side[] = [
  {
    side: 'requests',
    arbitrary: requests.map((message) => ({ message, bytes: encodeSourceRequest(message) })),
    decode: decodeSourceRequest,
  },
  {
    side: 'answers',
    arbitrary: answers.map((message) => ({ message, bytes: encodeSourceAnswer(message) })),
    decode: decodeSourceAnswer,
  },
]

const NUMBERS = new Set(['streamType', 'nextEntry', 'firstEntry', 'number', 'totalEntries', 'systemId'])
const BYTES = new Set(['token', 'data', 'bookmark', 'digest'])

/** A message out of JSON: numbers that are u64 from text, bytes from hex, `null` for what is not there. */
function revive(value: unknown, key = ''): unknown {
  if (value === null) return undefined
  if (typeof value === 'string') {
    if (key === 'token') return Uint8Array.from(Buffer.from(value))
    if (BYTES.has(key)) return hex(value)
    return NUMBERS.has(key) ? BigInt(value) : value
  }
  if (typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, revive(part, name)]))
}

describe('golden', () => {
  test.each(vectors.requests)('request: $name', ({ request, bytes }) => {
    const message = revive(request) as SourceRequest
    expect(encodeSourceRequest(message)).toEqual(hex(bytes))
    expect(decodeSourceRequest(amidst(hex(bytes)))).toEqual(message)
    expect(decodeSourceRequest(view(hex(bytes)))).toEqual(message)
  })

  test.each(vectors.answers)('answer: $name', ({ answer, bytes }) => {
    const message = revive(answer) as SourceAnswer
    expect(encodeSourceAnswer(message)).toEqual(hex(bytes))
    expect(decodeSourceAnswer(amidst(hex(bytes)))).toEqual(message)
    expect(decodeSourceAnswer(view(hex(bytes)))).toEqual(message)
  })

  test('every message is among them', () => {
    const sent = new Set(vectors.requests.map(({ request }) => request.name))
    const answered = new Set(vectors.answers.map(({ answer }) => answer.name))
    expect(sent).toEqual(new Set(Object.keys(SourceRequestType)))
    expect(answered).toEqual(new Set(Object.keys(SourceAnswerType)))
  })

  test('codes', () => {
    expect(Object.entries(SourceCode).map(([name, code]) => `${code} ${name}`)).toMatchInlineSnapshot(`
      [
        "1 BAD_MESSAGE",
        "2 BAD_STATE",
        "3 WRONG_VERSION",
        "4 WRONG_STREAM_TYPE",
        "5 UNAUTHORIZED",
        "6 BUSY",
        "7 SUPERSEDED",
        "8 ENTRIES_MISSING",
        "9 INACTIVE",
        "10 SERVER_CLOSED",
        "11 STORE_BROKEN",
        "12 SERVER_FAILED",
        "32 WRONG_FIRST_ENTRY",
        "33 WRONG_TOTAL_ENTRIES",
        "34 ATOMIC_OP_IN_PROGRESS",
        "35 ATOMIC_OP_FAILED",
        "36 TRUNCATE_IN_PROGRESS",
        "37 ENTRY_TOO_LARGE",
        "38 BAD_BOOKMARK",
        "39 TOO_MUCH_PENDING",
        "40 WRITE_FAILED",
        "41 ENTRY_NOT_FOUND",
        "42 ENTRY_DIFFERS",
        "43 READ_FAILED",
      ]
    `)
    expect(sourceCodeName(6)).toBe('BUSY')
    expect(sourceCodeName(13)).toBeUndefined()
  })
})

describe.each(sides)('any of the $side', ({ arbitrary, decode }) => {
  test('round trip; every prefix waits', () => {
    fc.assert(
      fc.property(arbitrary, fc.uint8Array(), ({ message, bytes }, after) => {
        expect(decode(view(join(bytes, after)))).toEqual(message)
        for (let size = 0; size < bytes.length; size++) {
          expect(decode(view(bytes.subarray(0, size)))).toBeUndefined()
        }
      }),
    )
  })

  test('a stream of them comes out whole, in chunks of any size', () => {
    const chunkSizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 })
    fc.assert(
      fc.property(fc.array(arbitrary), chunkSizes, (messages, sizes) => {
        const reader = new MessageReader(decode)
        const stream = join(...messages.map(({ bytes }) => bytes))
        const read: unknown[] = []
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes[i % sizes.length] ?? 1
          reader.push(amidst(stream.subarray(at, at + size)))
          at += size
          for (let message = reader.read(); message !== undefined; message = reader.read()) read.push(message)
        }
        expect(read).toEqual(messages.map(({ message }) => message))
        expect(reader.buffered).toBe(0)
      }),
    )
  })

  test('hostile bytes are a message, wait, or fail where they break the protocol', () => {
    fc.assert(
      fc.property(hostile(arbitrary.map(({ bytes }) => bytes)), (bytes) => {
        outcome(bytes.length, () => decode(view(bytes)))
      }),
      { numRuns: 1000 },
    )
  })
})

describe('a length is refused before its body is awaited', () => {
  const head = (type: number, length: number): Uint8Array => {
    const out = new Uint8Array(5)
    viewOf(out).setUint8(0, type)
    viewOf(out).setUint32(1, length)
    return out
  }
  const T = SourceRequestType
  const bad: [name: string, type: number, lengths: number[]][] = [
    ['hello', T.hello, [0, 6, 26 + 64 + 1024 + 1]],
    ['startAtomicOp', T.startAtomicOp, [12, 14]],
    ['addStreamEntry', T.addStreamEntry, [8, MAX_SOURCE_MESSAGE_BYTES + 1, 0xffff_ffff]],
    ['addStreamBookmark', T.addStreamBookmark, [4, 1030]],
    ['commitAtomicOp', T.commitAtomicOp, [0, 4, 6]],
    ['updateEntryData', T.updateEntryData, [16, MAX_SOURCE_MESSAGE_BYTES + 1]],
    ['truncateFile', T.truncateFile, [20, 22]],
    ['getEntry', T.getEntry, [5, 14]],
    ['ping', T.ping, [6]],
  ]
  test.each(bad)('%s', (_, type, lengths) => {
    for (const length of lengths) {
      expect(failure(() => decodeSourceRequest(view(head(type, length))))).toMatchObject({
        code: 'BAD_LENGTH',
        offset: 1,
      })
    }
  })

  const answersBad: [name: string, type: number, lengths: number[]][] = [
    ['welcome', SourceAnswerType.welcome, [69, 80]],
    ['committed', SourceAnswerType.committed, [20, 22]],
    ['header', SourceAnswerType.header, [33, 44]],
    ['entry', SourceAnswerType.entry, [4, 5 + 1_048_576 + 1]],
    ['refused', SourceAnswerType.refused, [14, 15 + 1024 + 1]],
  ]
  test.each(answersBad)('%s', (_, type, lengths) => {
    for (const length of lengths) {
      expect(failure(() => decodeSourceAnswer(view(head(type, length))))).toMatchObject({
        code: 'BAD_LENGTH',
        offset: 1,
      })
    }
  })

  test('of a body that comes in small parts, no more memory is taken than twice what came', () => {
    const reader = new MessageReader(decodeSourceRequest)
    const bytes = allocated(() => {
      reader.push(head(T.addStreamEntry, MAX_SOURCE_MESSAGE_BYTES))
      for (let i = 0; i < 10; i++) {
        expect(reader.read()).toBeUndefined()
        reader.push(amidst(Uint8Array.of(1, 2, 3)))
      }
    })
    expect(bytes).toBeLessThan(2000)
  })
})

describe('what a message holds', () => {
  const hello = { name: 'hello', streamType: 1n, nextEntry: 5n, sourceId: 'abc', token: Uint8Array.of(1, 2) } as const

  const changed = (at: number, ...values: readonly number[]): DataView => {
    const bytes = encodeSourceRequest(hello)
    bytes.set(values, at)
    return view(bytes)
  }

  test('a hello of another version is told from a broken one', () => {
    expect(decodeSourceRequest(changed(5, 0, 2))).toEqual({ name: 'otherHello', version: 2 })
    const short = encodeSourceRequest(hello).subarray(0, 7)
    short.set([0, 0, 0, 7], 1)
    expect(failure(() => decodeSourceRequest(view(short)))).toMatchObject({ code: 'BAD_LENGTH', offset: 1 })
    short.set([0, 9], 5)
    expect(decodeSourceRequest(view(short))).toEqual({ name: 'otherHello', version: 9 })
  })

  test.each([
    ['an empty source id', 23, [0], 'BAD_LENGTH', 23],
    ['a source id that is longer than the message', 23, [6], 'BAD_LENGTH', 23],
    ['a source id that is not printable', 25, [0x1f], 'BAD_PACKET', 25],
    ['a token that is longer than the message', 27, [0, 3], 'BAD_LENGTH', 27],
    ['a token that is shorter than the rest', 27, [0, 1], 'BAD_LENGTH', 27],
  ] as const)('%s', (_, at, values, code, offset) => {
    expect(failure(() => decodeSourceRequest(changed(at, ...values)))).toMatchObject({ code, offset })
  })

  test.each([0, 0x0d, 0x47, 0x81, 0xff])('type %i is no request', (type) => {
    expect(failure(() => decodeSourceRequest(view(Uint8Array.of(type))))).toMatchObject({
      code: 'BAD_PACKET',
      offset: 0,
    })
  })

  test.each([0, 1, 0x80, 0x87, 0xff])('type %i is no answer', (type) => {
    expect(failure(() => decodeSourceAnswer(view(Uint8Array.of(type))))).toMatchObject({
      code: 'BAD_PACKET',
      offset: 0,
    })
  })

  test('an entry or header of another length than its message', () => {
    const entry = encodeSourceAnswer({ name: 'entry', entry: { type: 1, number: 2n, data: Uint8Array.of(1, 2) } })
    entry[9] = 18
    expect(failure(() => decodeSourceAnswer(view(entry)))).toMatchObject({ code: 'BAD_LENGTH', offset: 5 })
    expect(failure(() => decodeSourceAnswer(view(hex('85 00000006 02'))))).toMatchObject({ offset: 5 })
    expect(failure(() => decodeSourceAnswer(view(hex('86 00000006 02'))))).toMatchObject({
      code: 'BAD_LENGTH',
      offset: 1,
    })
  })

  test('offsets count from the first byte ever', () => {
    const reader = new MessageReader(decodeSourceRequest)
    reader.push(encodeSourceRequest({ name: 'getHeader' }))
    reader.push(Uint8Array.of(0x7f, 0))
    expect(reader.read()).toEqual({ name: 'getHeader' })
    expect(reader.read()).toBeUndefined()
    reader.push(Uint8Array.of(0, 0, 9))
    expect(failure(() => reader.read())).toMatchObject({ code: 'BAD_LENGTH', offset: 6 })
    expect(failure(() => reader.read())).toMatchObject({ code: 'BAD_LENGTH', offset: 6 })
  })
})

describe('what does not fit is not encoded', () => {
  const hello = { name: 'hello', streamType: 1n, nextEntry: 5n, sourceId: 'abc', token: new Uint8Array(0) } as const
  const bad: [name: string, request: SourceRequest][] = [
    ['no source id', { ...hello, sourceId: '' }],
    ['a long source id', { ...hello, sourceId: 'x'.repeat(65) }],
    ['a source id that is not ASCII', { ...hello, sourceId: 'é' }],
    ['a long token', { ...hello, token: new Uint8Array(1025) }],
    ['an empty bookmark', { name: 'addStreamBookmark', bookmark: new Uint8Array(0) }],
    ['a long bookmark', { name: 'getBookmark', bookmark: new Uint8Array(17) }],
    ['an entry type', { name: 'addStreamEntry', type: 2 ** 32, data: new Uint8Array(0) }],
    ['an entry', { name: 'addStreamEntry', type: 1, data: new Uint8Array(MAX_SOURCE_MESSAGE_BYTES) }],
    ['a number', { name: 'startAtomicOp', firstEntry: -1n }],
  ]
  test.each(bad)('%s', (_, request) => {
    expect(() => encodeSourceRequest(request)).toThrow(RangeError)
  })

  test('a text that is too long is shortened; a code or digest that does not fit is refused', () => {
    const refused = { name: 'refused', code: 1, totalEntries: 0n, text: 'x'.repeat(2000) } as const
    expect(encodeSourceAnswer(refused).length).toBe(15 + 1024)
    expect(() => encodeSourceAnswer({ ...refused, code: 65_536 })).toThrow(RangeError)
    const [, second] = vectors.answers
    const welcome = revive(second?.answer) as Extract<SourceAnswer, { name: 'welcome' }>
    expect(() => encodeSourceAnswer({ ...welcome, digest: new Uint8Array(31) })).toThrow(RangeError)
  })
})

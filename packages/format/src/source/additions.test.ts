import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { amidst, failure, hostile, join, outcome, u32, u64, view } from '../../test/support.ts'
import {
  addSourceAdditions,
  decodeSourceMessage,
  encodeSourceRequest,
  MessageReader,
  type SourceAdditions,
  type SourceRequest,
  sourceMessageBytes,
} from '../source.ts'

const requests = fc.oneof(
  { weight: 4, arbitrary: fc.record({ name: fc.constant('addStreamEntry'), type: u32, data: fc.uint8Array() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      name: fc.constant('addStreamBookmark'),
      bookmark: fc.uint8Array({ minLength: 1, maxLength: 16 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ name: fc.constant('startAtomicOp'), firstEntry: u64 }) },
  { weight: 1, arbitrary: fc.record({ name: fc.constantFrom('commitAtomicOp', 'rollbackAtomicOp', 'ping') }) },
) as fc.Arbitrary<SourceRequest>

/** What is added, one by one. */
function listed(additions: SourceAdditions): SourceRequest[] {
  const all: SourceRequest[] = []
  addSourceAdditions(additions, {
    addStreamEntry: (type, data) => BigInt(all.push({ name: 'addStreamEntry', type, data: Uint8Array.from(data) })),
    addStreamBookmark: (bookmark) =>
      BigInt(all.push({ name: 'addStreamBookmark', bookmark: Uint8Array.from(bookmark) })),
  })
  return all
}

const entry = (...data: readonly number[]): Uint8Array =>
  encodeSourceRequest({ name: 'addStreamEntry', type: 1, data: Uint8Array.from(data) })
const bookmark = encodeSourceRequest({ name: 'addStreamBookmark', bookmark: Uint8Array.of(7) })
const commit = encodeSourceRequest({ name: 'commitAtomicOp' })

test('what is added comes out whole and in order, in chunks of any size', () => {
  const chunkSizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 })
  fc.assert(
    fc.property(fc.array(requests, { maxLength: 40 }), chunkSizes, (sent, sizes) => {
      const reader = new MessageReader(decodeSourceMessage, sourceMessageBytes)
      const stream = join(...sent.map(encodeSourceRequest))
      const read: unknown[] = []
      for (let at = 0, i = 0; at < stream.length; i++) {
        const size = sizes[i % sizes.length] ?? 1
        reader.push(amidst(stream.subarray(at, at + size)))
        at += size
        for (let message = reader.read(); message !== undefined; message = reader.read()) {
          if (message.name !== 'additions') read.push(message)
          else {
            const all = listed(message)
            expect(message.count).toBe(all.length)
            read.push(...all)
          }
        }
      }
      expect(read).toEqual(sent)
      expect(reader.buffered).toBe(0)
    }),
  )
})

test('what is added one after the other is one message, up to the first that is not all there', () => {
  const bytes = join(entry(1), bookmark, entry(), entry(2, 3).subarray(0, 10))
  const additions = decodeSourceMessage(view(bytes), 0) as SourceAdditions
  expect(additions).toMatchObject({ name: 'additions', at: 0, end: bytes.length - 10, count: 3 })
  expect(listed(additions)).toMatchObject([{ type: 1 }, { bookmark: Uint8Array.of(7) }, { type: 1 }])
  expect(decodeSourceMessage(view(join(entry(1), commit, entry(2))), 0)).toMatchObject({ count: 1 })
})

test('hostile bytes are a message, wait, or fail where they break the protocol', () => {
  fc.assert(
    fc.property(hostile(requests.map(encodeSourceRequest)), (bytes) => {
      outcome(bytes.length, () => decodeSourceMessage(view(bytes), 0))
    }),
    { numRuns: 1000 },
  )
})

describe('a length that cannot be', () => {
  test.each([
    ['an entry', 3, 8],
    ['an entry', 3, 2_097_153],
    ['a bookmark', 4, 4],
    ['a bookmark', 4, 1030],
  ])('%s, type %i, length %i: what comes before it is added, then it is refused at its place', (_, type, length) => {
    const reader = new MessageReader(decodeSourceMessage, sourceMessageBytes)
    const before = join(entry(1), bookmark)
    const head = Uint8Array.of(type, 0, 0, 0, 0)
    new DataView(head.buffer).setUint32(1, length)
    reader.push(amidst(join(before, head)))
    expect(reader.read()).toMatchObject({ name: 'additions', count: 2 })
    expect(failure(() => reader.read())).toMatchObject({ code: 'BAD_LENGTH', offset: before.length + 1 })
  })
})

test('after one that cannot be added, none is', () => {
  const additions = decodeSourceMessage(view(join(entry(1), entry(2), entry(3))), 0) as SourceAdditions
  const added: (number | undefined)[] = []
  const to = {
    addStreamEntry: (_: number, [first]: Uint8Array) => {
      if (first === 2) throw new Error('no room')
      return BigInt(added.push(first))
    },
    addStreamBookmark: () => 0n,
  }
  expect(() => addSourceAdditions(additions, to)).toThrow('no room')
  expect(added).toEqual([1])
})

import { expect, test } from 'vitest'
import { batchBookmark, blockBookmark, decodeBookmark } from './bookmark.ts'
import { SequencerEntryError } from './errors.ts'
import { BookmarkType } from './gen/datastream/v1/datastream_pb.ts'
import { toHex } from './hex.ts'

test('bookmarks have the bytes under which servers look them up', () => {
  expect(blockBookmark(5)).toEqual(blockBookmark(5n))
  expect(() => blockBookmark(-1n)).toThrow(RangeError)
  expect(toHex(blockBookmark(5n))).toBe('08021005')
  expect(toHex(blockBookmark(0n))).toBe('0802')
  expect(toHex(batchBookmark(300n))).toBe('080110ac02')
  expect(toHex(batchBookmark(0n))).toBe('0801')
  expect(toHex(blockBookmark(5n, 'etrog'))).toBe('000000000000000005')
  expect(toHex(batchBookmark(5n, 'etrog'))).toBe('010000000000000005')
  expect(toHex(blockBookmark(5n, 'pre-etrog'))).toBe('000500000000000000')
})

test('no bookmark is longer than the wire allows', () => {
  const largest = 2n ** 64n - 1n
  for (const bytes of [blockBookmark(largest), batchBookmark(largest), blockBookmark(largest, 'etrog')]) {
    expect(bytes.length).toBeLessThanOrEqual(16)
  }
})

test('a generation without such bookmarks says so', () => {
  expect(() => blockBookmark(5n, 'sequencer-2023-09')).toThrow(TypeError)
  expect(() => batchBookmark(5n, 'pre-etrog')).toThrow(RangeError)
  expect(() => blockBookmark(-1n)).toThrow(RangeError)
  expect(() => blockBookmark(1n << 64n)).toThrow(RangeError)
})

test('decodes', () => {
  expect(decodeBookmark(blockBookmark(7n))).toMatchObject({ type: BookmarkType.L2_BLOCK, value: 7n })
  expect(decodeBookmark(batchBookmark(7n, 'etrog'), 'etrog')).toMatchObject({ type: BookmarkType.BATCH, value: 7n })
  expect(decodeBookmark(blockBookmark(7n, 'pre-etrog'), 'pre-etrog')).toMatchObject({ type: BookmarkType.L2_BLOCK })
  expect(() => decodeBookmark(Uint8Array.of(0xff))).toThrow(SequencerEntryError)
  expect(() => decodeBookmark(new Uint8Array(9), 'sequencer-2023-09')).toThrow('generation sequencer-2023-09 has none')
})

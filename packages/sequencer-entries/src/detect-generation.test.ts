import { BOOKMARK_TYPE, type Entry } from '@datastreamer/format'
import { describe, expect, test } from 'vitest'
import { blockBookmark } from './bookmark.ts'
import { detectGeneration, generationByBookmark } from './detect-generation.ts'

test.each([
  ['etrog', blockBookmark(7n, 'protobuf'), 'protobuf'],
  ['etrog', blockBookmark(7n, 'etrog'), 'etrog'],
  ['etrog', Uint8Array.of(0xff), 'etrog'],
  ['protobuf', blockBookmark(7n, 'etrog'), 'protobuf'],
  ['pre-etrog', blockBookmark(7n, 'protobuf'), 'pre-etrog'],
] as const)('%s suggested, a bookmark of %j: %s', (suggested, data, wanted) => {
  expect(generationByBookmark(data, suggested)).toBe(wanted)
})

describe('a stream', () => {
  const doubtful = { generation: 3, version: 1 } as const
  const other = (number: bigint): Entry => ({ number, type: 2, data: new Uint8Array(3) })
  const bookmark = (number: bigint): Entry => ({
    number,
    type: BOOKMARK_TYPE,
    data: blockBookmark(7n, 'protobuf'),
  })

  test('goes by its first bookmark, in runs and one by one', async () => {
    expect(await detectGeneration(doubtful, [other(0n), bookmark(1n)])).toBe('protobuf')
    expect(await detectGeneration(doubtful, [[other(0n)], [other(1n), bookmark(2n)]])).toBe('protobuf')
  })

  test('goes by its header where it has no bookmark among the first', async () => {
    const many = Array.from({ length: 64 }, (_, i) => other(BigInt(i)))
    expect(await detectGeneration(doubtful, [])).toBe('etrog')
    expect(await detectGeneration(doubtful, [many.slice(1), bookmark(63n)])).toBe('protobuf')
    expect(await detectGeneration(doubtful, [many, bookmark(64n)])).toBe('etrog')
  })

  test('is not read where the header leaves no doubt', async () => {
    const unread: AsyncIterable<Entry> = {
      [Symbol.asyncIterator]: () => {
        throw new Error('read')
      },
    }
    expect(await detectGeneration({ generation: 3, version: 2 }, unread)).toBe('protobuf')
    expect(await detectGeneration({ generation: 2, version: 0 }, unread)).toBe('pre-etrog')
  })
})

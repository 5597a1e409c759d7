import { expect, test } from 'vitest'
import { orderSegments, type SegmentFacts } from './order-segments.ts'

/** A segment of entries `first` to before `next`; points are the same where their numbers and `stream` are. */
function facts(first: number, next: number, { stream = 1, systemId = 5n } = {}): SegmentFacts {
  const point = (number: number) => ({
    number: BigInt(number),
    position: 4096 + number,
    digest: new Uint8Array(32).fill(stream),
  })
  const identity = { generation: 3, version: 1, systemId, streamType: 1n } as const
  const header = { layout: 1, identity, encoding: undefined, start: point(first) } as const
  return { name: `${first}-${next}`, header, end: point(next), firstBlock: undefined, blocks: 0, size: 1000 }
}

test('segments are put into order, one without entries before one with', () => {
  const segments = [facts(7, 9), facts(0, 3), facts(3, 7), facts(3, 3)]
  expect(orderSegments(segments).map(({ name }) => name)).toEqual(['0-3', '3-3', '3-7', '7-9'])
})

test.each([
  ['NO_FILES', []],
  ['GAP', [facts(0, 3), facts(4, 7)]],
  ['OVERLAP', [facts(0, 3), facts(2, 7)]],
  ['BROKEN_CHAIN', [facts(0, 3), facts(3, 7, { stream: 2 })]],
  ['OTHER_STREAM', [facts(0, 3), facts(3, 7, { systemId: 6n })]],
] as const)('what does not follow each other is refused: %s', (code, segments) => {
  expect(() => orderSegments(segments)).toThrow(expect.objectContaining({ name: 'ChainError', code }))
})

import { expect, test } from 'vitest'
import { batchBookmark, batchEnd, block, blockBookmark, end, ger, start, tx } from '../test/inits.ts'
import { entriesFrom } from '../test/stream-entries.ts'
import { encodeSequencerEntry } from './codec.ts'
import { generateStream } from './generate-stream.ts'
import type { Generation } from './generation.ts'
import type { SequencerEntryInit } from './model.ts'
import { OperationBoundaries } from './operation-boundaries.ts'

function boundaries(generation: Generation, inits: readonly SequencerEntryInit[]) {
  const finder = new OperationBoundaries(generation)
  return entriesFrom(generation, 0n, inits).map((entry) => finder.push(entry) ?? '-')
}

test('protobuf: after block ends and batch ends', () => {
  const inits = [
    batchBookmark(1n),
    start(1n),
    blockBookmark(1n),
    block(1n, 1n),
    tx(1n),
    end(1n),
    blockBookmark(2n),
    block(2n, 1n),
  ]
  expect(boundaries('protobuf', [...inits, end(2n), batchEnd(1n), batchBookmark(2n)])).toEqual([
    '-',
    '-',
    '-',
    '-',
    '-',
    'after',
    '-',
    '-',
    'after',
    'after',
    '-',
  ])
})

test('protobuf: in front of what ends a block without an end, but never inside a batch without blocks', () => {
  expect(boundaries('protobuf', [block(0n, 0n), batchEnd(0n), batchBookmark(1n)])).toEqual(['-', 'after', '-'])
  expect(boundaries('protobuf', [block(1n, 1n), tx(1n), blockBookmark(2n), block(2n, 1n), block(3n, 1n)])).toEqual([
    '-',
    '-',
    'before',
    '-',
    'before',
  ])
  expect(boundaries('protobuf', [start(1n), ger(1n), ger(1n), batchEnd(1n)])).toEqual(['-', '-', '-', 'after'])
  expect(boundaries('protobuf', [block(1n, 1n), ger(1n), batchEnd(1n)])).toEqual(['-', 'before', 'after'])
})

test('sequencer-2023-09: in front of the next block', () => {
  const one: SequencerEntryInit = { kind: 'l2Block', number: 1n }
  expect(boundaries('sequencer-2023-09', [one, { kind: 'transaction' }, one, one])).toEqual([
    '-',
    '-',
    'before',
    'before',
  ])
})

test('pre-etrog and etrog: after block ends and GER updates', () => {
  const inits: SequencerEntryInit[] = [
    blockBookmark(1n),
    { kind: 'l2Block', number: 1n },
    { kind: 'transaction' },
    end(1n),
    ger(2n),
  ]
  for (const generation of ['pre-etrog', 'etrog'] as const) {
    expect(boundaries(generation, inits)).toEqual(['-', '-', '-', 'after', 'after'])
    expect(boundaries(generation, [{ kind: 'l2Block' }, ger(2n), blockBookmark(2n)])).toEqual(['-', 'after', '-'])
  }
})

test('types to come are never a boundary', () => {
  const finder = new OperationBoundaries('protobuf')
  finder.push(encodeSequencerEntry(block(1n, 1n), 'protobuf'))
  expect(finder.push({ type: 99 })).toBeUndefined()
  expect(finder.push(encodeSequencerEntry(end(1n), 'protobuf'))).toBe('after')
})

test('the end of each generated operation is a boundary', () => {
  const finder = new OperationBoundaries('protobuf')
  for (const operation of generateStream({ blocks: 100n })) {
    const found = operation.map((entry) => finder.push(entry))
    expect(found.at(-1)).toBe('after')
  }
})

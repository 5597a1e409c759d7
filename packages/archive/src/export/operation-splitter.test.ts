import { encodeEntry, MAX_ENTRY_DATA_BYTES } from '@datastreamer/format'
import { encodeSequencerEntry, generateStream } from '@datastreamer/sequencer-entries'
import { describe, expect, test } from 'vitest'
import { type OperationRun, OperationSplitter } from './operation-splitter.ts'

type Data = { readonly type: number; readonly data: Uint8Array }

function split(
  entries: readonly Data[],
  generation: ConstructorParameters<typeof OperationSplitter>[0],
): OperationRun[] {
  const splitter = new OperationSplitter(generation)
  const runs = entries.flatMap((entry, i) => [...splitter.push({ ...entry, number: BigInt(i) })])
  return [...runs, ...splitter.end()]
}

const shape = ({ entries, startsOperation, batch, block }: OperationRun): unknown => [
  entries.length,
  startsOperation,
  batch,
  block,
]

describe('a stream is split at its operation boundaries', () => {
  test('all entries are in the runs, each block in one', () => {
    const stream = [...generateStream({ blocks: 50n })].flat()
    const runs = split(stream, 'protobuf')
    const expected = stream.map((entry, i) => encodeEntry({ ...entry, number: BigInt(i) }))
    expect(runs.flatMap(({ entries }) => entries)).toEqual(expected)
    expect(runs.map(({ block }) => block).filter((block) => block !== undefined)).toEqual(
      Array.from({ length: 50 }, (_, i) => BigInt(i)),
    )
    expect(runs.every(({ startsOperation, batch }) => startsOperation && batch !== undefined)).toBe(true)
    for (const { entries, bytes } of runs) expect(bytes).toBe(entries.reduce((sum, { length }) => sum + length, 0))
  })

  test('what is before the first block, an unknown entry, a batch left open', () => {
    const stream = [
      { type: 77, data: Uint8Array.of(1) },
      encodeSequencerEntry({ kind: 'batchStart', number: 4n }, 'protobuf'),
      encodeSequencerEntry({ kind: 'l2Block', number: 9n, batchNumber: 4n }, 'protobuf'),
      encodeSequencerEntry({ kind: 'l2BlockEnd', number: 9n }, 'protobuf'),
      encodeSequencerEntry({ kind: 'batchEnd', number: 4n }, 'protobuf'),
      encodeSequencerEntry({ kind: 'batchStart', number: 5n }, 'protobuf'),
    ]
    expect(split(stream, 'protobuf').map(shape)).toEqual([
      [4, true, 4n, 9n],
      [1, true, 4n, undefined],
      [1, true, 5n, undefined],
    ])
  })

  test('an operation that is too large for a record goes on in another run', () => {
    const big = { type: 3, data: new Uint8Array(MAX_ENTRY_DATA_BYTES - 1000) }
    const stream = [
      encodeSequencerEntry({ kind: 'l2Block', number: 9n, batchNumber: 4n }, 'protobuf'),
      big,
      big,
      encodeSequencerEntry({ kind: 'l2BlockEnd', number: 9n }, 'protobuf'),
    ]
    expect(split(stream, 'protobuf').map(shape)).toEqual([
      [2, true, 4n, 9n],
      [2, false, undefined, undefined],
    ])
  })

  test('every entry is a run where nothing is known of blocks', () => {
    const stream = [...generateStream({ blocks: 3n })].flat()
    expect(split(stream, undefined).map(shape)).toEqual(stream.map(() => [1, true, undefined, undefined]))
  })
})

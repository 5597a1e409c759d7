import { encodeEntry, MAX_ENTRY_DATA_BYTES } from '@datastreamer/format'
import { encodeSequencerEntry, generateStream } from '@datastreamer/sequencer-entries'
import { describe, expect, test } from 'vitest'
import { type Piece, PieceCutter } from './pieces.ts'

type Data = { readonly type: number; readonly data: Uint8Array }

function cut(entries: readonly Data[], generation: ConstructorParameters<typeof PieceCutter>[0]): Piece[] {
  const cutter = new PieceCutter(generation)
  const pieces = entries.flatMap((entry, i) => [...cutter.push({ ...entry, number: BigInt(i) })])
  return [...pieces, ...cutter.end()]
}

const shape = ({ entries, opensOperation, batch, block }: Piece): unknown => [
  entries.length,
  opensOperation,
  batch,
  block,
]

describe('a stream is cut where its operations may end', () => {
  test('all entries are in the pieces, each block in one', () => {
    const stream = [...generateStream({ blocks: 50n })].flat()
    const pieces = cut(stream, 'protobuf')
    const expected = stream.map((entry, i) => encodeEntry({ ...entry, number: BigInt(i) }))
    expect(pieces.flatMap(({ entries }) => entries)).toEqual(expected)
    expect(pieces.map(({ block }) => block).filter((block) => block !== undefined)).toEqual(
      Array.from({ length: 50 }, (_, i) => BigInt(i)),
    )
    expect(pieces.every(({ opensOperation, batch }) => opensOperation && batch !== undefined)).toBe(true)
    for (const { entries, bytes } of pieces) expect(bytes).toBe(entries.reduce((sum, { length }) => sum + length, 0))
  })

  test('what is in front of the first block, an unknown entry, a batch left open', () => {
    const stream = [
      { type: 77, data: Uint8Array.of(1) },
      encodeSequencerEntry({ kind: 'batchStart', number: 4n }, 'protobuf'),
      encodeSequencerEntry({ kind: 'l2Block', number: 9n, batchNumber: 4n }, 'protobuf'),
      encodeSequencerEntry({ kind: 'l2BlockEnd', number: 9n }, 'protobuf'),
      encodeSequencerEntry({ kind: 'batchEnd', number: 4n }, 'protobuf'),
      encodeSequencerEntry({ kind: 'batchStart', number: 5n }, 'protobuf'),
    ]
    expect(cut(stream, 'protobuf').map(shape)).toEqual([
      [4, true, 4n, 9n],
      [1, true, 4n, undefined],
      [1, true, 5n, undefined],
    ])
  })

  test('an operation that is too large for a record goes on in another piece', () => {
    const big = { type: 3, data: new Uint8Array(MAX_ENTRY_DATA_BYTES - 1000) }
    const stream = [
      encodeSequencerEntry({ kind: 'l2Block', number: 9n, batchNumber: 4n }, 'protobuf'),
      big,
      big,
      encodeSequencerEntry({ kind: 'l2BlockEnd', number: 9n }, 'protobuf'),
    ]
    expect(cut(stream, 'protobuf').map(shape)).toEqual([
      [2, true, 4n, 9n],
      [2, false, undefined, undefined],
    ])
  })

  test('every entry is a piece where nothing is known of blocks', () => {
    const stream = [...generateStream({ blocks: 3n })].flat()
    expect(cut(stream, undefined).map(shape)).toEqual(stream.map(() => [1, true, undefined, undefined]))
  })
})

import { decodeEntries, type Entry } from '@datastreamer/format'
import { generateStream } from '@datastreamer/sequencer-entries'
import { describe, expect, test } from 'vitest'
import { type BuiltSegment, decodeRecord, portableCodecs, recordPosition } from '../src/index.ts'
import { nodeCodecs } from '../src/node.ts'
import { fileOf, numbered, segmentOf } from './support/layout-2.ts'

/** All records of a segment, each read alone. */
async function recordsOf(segment: BuiltSegment, codecs = nodeCodecs) {
  const file = fileOf(segment)
  const { records, pages, root } = segment.index
  let first = segment.header.start.number
  const decoded = []
  for (const [index, { bytes, entries }] of records.entries()) {
    const position = recordPosition(records, index)
    const place = { index, pieces: records.length + pages, root, position, codecs, first, entries }
    decoded.push(await decodeRecord(file.slice(position, position + bytes), place))
    first += BigInt(entries)
  }
  return decoded
}

function plain(entries: readonly Entry[]): Entry[] {
  return entries.map(({ type, number, data }) => ({ type, number, data: Uint8Array.from(data) }))
}

describe('a segment that was built', () => {
  const operations = numbered(generateStream({ blocks: 3000n }))

  test('has the entries and boundaries that were added, record by record', async () => {
    const segment = await segmentOf(operations, 'protobuf')
    expect(segment.fault).toBeUndefined()
    for (const codecs of [nodeCodecs, portableCodecs]) {
      const records = await recordsOf(segment, codecs)
      expect(records.length).toBeGreaterThan(0)
      expect(plain(records.flatMap(({ bytes }) => decodeEntries(bytes)))).toEqual(plain(operations.flat()))
      const boundaries = records.flatMap(({ first, boundaries }) => boundaries.map((at) => first + BigInt(at)))
      let next = 0n
      expect(boundaries).toEqual(operations.map(({ length }) => (next += BigInt(length))))
    }
    expect(segment.index.blocks).toMatchObject({ count: 3000 })
  })
})

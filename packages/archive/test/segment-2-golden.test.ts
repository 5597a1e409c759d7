import { fromBytes } from '@datastreamer/e2store'
import { concatBytes, decodeEntries } from '@datastreamer/format'
import type { Generation } from '@datastreamer/sequencer-entries'
import { describe, expect, test } from 'vitest'
import {
  decodeBookmarkPage,
  decodeRecord,
  type IdentityFields,
  openSegment,
  pagePosition,
  pagesOf,
  portableCodecs,
  recordPosition,
  type StreamPoint,
  verifySegment,
} from '../src/index.ts'
import { nodeCodecs } from '../src/node.ts'
import vector from '../vectors/segment-2.json' with { type: 'json' }
import { segmentOf } from './support/layout-2.ts'

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const point = ({ number, position, digest }: typeof vector.start): StreamPoint => {
  return { number: BigInt(number), position, digest: bytes(digest) }
}

const FILE = bytes(vector.file.join(''))
const ROOT = bytes(vector.index.root)
const ROWS = vector.records.map(({ bytes, entries, blocks }) => ({ bytes, entries, blocks }))
const PIECES = vector.records.length + vector.pages.length
const OPERATIONS = vector.operations.map((operation) =>
  operation.map(({ type, number, data, zeros }: { type: number; number: string; data: string; zeros?: number }) => {
    return { type, number: BigInt(number), data: concatBytes([bytes(data), new Uint8Array(zeros ?? 0)]) }
  }),
)
const IDENTITY: IdentityFields = {
  ...{ generation: 3, version: vector.identity.version },
  ...{ systemId: BigInt(vector.identity.systemId), streamType: BigInt(vector.identity.streamType) },
}
const INDEX = {
  end: point(vector.index.end),
  root: ROOT,
  pages: vector.pages.length,
  records: ROWS,
  blocks: Object.fromEntries(
    Object.entries(vector.index.blocks).map(([name, value]) => [name, name === 'count' ? value : BigInt(value)]),
  ),
}

describe('golden: a segment of layout 2', () => {
  test('is built of the entries, byte by byte', async () => {
    const frames = vector.records.map(({ frame }) => bytes(frame)).values()
    const contents: Uint8Array[] = []
    const zstd = {
      // Another version of the compressor may make other frames.
      compress: async (content: Uint8Array): Promise<Uint8Array> => {
        contents.push(content)
        return frames.next().value ?? content
      },
    }
    const built = await segmentOf(OPERATIONS, vector.encoding as Generation, { zstd, identity: IDENTITY })
    expect(concatBytes(built.chunks)).toEqual(FILE)
    expect(built.index).toEqual(INDEX)
    expect(built).toMatchObject({ bytes: vector.bytes, forkId: BigInt(vector.forkIdAfter), fault: undefined })
    expect(Buffer.from(built.sha256).toString('hex')).toBe(vector.sha256)
    for (const [i, { frame }] of vector.records.entries()) {
      const content = contents[i] ?? new Uint8Array(0)
      expect(Buffer.compare(await nodeCodecs.zstd.decompress(bytes(frame), content.length), content)).toBe(0)
    }
  })

  test.each([
    ["Node's codecs", nodeCodecs],
    ['portable codecs', portableCodecs],
  ])('is read with %s, whole and piece by piece', async (_, codecs) => {
    const segment = await openSegment(fromBytes(FILE), codecs)
    expect(segment).toMatchObject({ layout: 2, index: INDEX, firstBlock: 41n, blocks: 3 })
    expect(await verifySegment(segment)).toEqual({ entries: 16n, blocks: 3 })
    expect(pagesOf(ROWS, FILE.length)).toBe(vector.pages.length)
    const entries = []
    for (const [index, { position, bytes: length, entries: count, ...record }] of vector.records.entries()) {
      expect(recordPosition(ROWS, index)).toBe(position)
      const first = BigInt(record.first)
      const expected = { index, pieces: PIECES, root: ROOT, position, codecs, first, entries: count }
      const decoded = await decodeRecord(FILE.subarray(position, position + length), expected)
      const { boundaries, encoding, forkId, streamPosition } = record
      expect(decoded).toMatchObject({
        first,
        count,
        position,
        boundaries,
        encoding,
        streamPosition,
        forkId: BigInt(forkId),
      })
      entries.push(...decodeEntries(decoded.bytes))
    }
    expect(entries.length).toBe(16)
    for (const [i, expected] of OPERATIONS.flat().entries()) {
      expect(entries[i]).toMatchObject({ type: expected.type, number: expected.number })
      expect(Buffer.compare(entries[i]?.data ?? new Uint8Array(0), expected.data)).toBe(0)
    }
    for (const [page, { position, rows }] of vector.pages.entries()) {
      expect(pagePosition(ROWS, page)).toBe(position)
      const expected = { index: ROWS.length + page, pieces: PIECES, root: ROOT, position, codecs, records: ROWS.length }
      const found = await decodeBookmarkPage(FILE.subarray(position, position + 4096), expected)
      expect(found).toEqual({ rows, isFull: false })
    }
  })
})

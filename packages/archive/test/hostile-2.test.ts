import { fromBytes } from '@datastreamer/e2store'
import { concatBytes, type Entry } from '@datastreamer/format'
import { beforeAll, describe, expect, test } from 'vitest'
import { decodeRecord, openSegment, recordPosition, recordsOfKey, verifySegment } from '../src/index.ts'
import { encodeBookmarkPage, pageCapacity } from '../src/layout-2/bookmark-page.ts'
import { encodeSegment, type SegmentParts } from '../src/layout-2/encode-segment.ts'
import { encodeStreamIndex, type StreamIndex } from '../src/layout-2/stream-index.ts'
import { nodeCodecs, nodeZstdEncoder } from '../src/node.ts'
import { numbered, segmentOf } from './support/layout-2.ts'
import { sequencerStream } from './support/sequencer-stream.ts'

// Segments whose pieces have the paths that they should have, but not the content: what somebody writes who means harm.

const OPERATIONS = numbered(sequencerStream('protobuf', { blocks: 6 }))

/** Entries with the boundaries before them, as a record has them. */
function contentOf(boundaries: readonly number[], entries: readonly Uint8Array[]): Uint8Array {
  const head = new DataView(new ArrayBuffer(4 * boundaries.length))
  for (const [i, before] of boundaries.entries()) head.setUint32(4 * i, before, true)
  return concatBytes([new Uint8Array(head.buffer), ...entries])
}

describe('a segment that was made to harm', () => {
  let honest: SegmentParts
  let entries: Uint8Array[] = []

  beforeAll(async () => {
    const built = await segmentOf(OPERATIONS, 'protobuf')
    const segment = await openSegment(fromBytes(concatBytes(built.chunks)), nodeCodecs)
    if (segment.layout !== 2) throw new Error('another layout')
    entries = OPERATIONS.flat().map(encoded)
    const head = {
      first: 0n,
      count: entries.length,
      bytes: concatBytes(entries).length,
      boundaries: OPERATIONS.length,
      encoding: 'protobuf',
      forkId: 0n,
      streamPosition: 4096,
    } as const
    const ends = OPERATIONS.map((operation) => Number(operation.at(-1)?.number) + 1)
    const frame = await nodeZstdEncoder.compress(contentOf(ends, entries))
    const page = encodeBookmarkPage((await segment.page(0, 'read')).rows, 1, 2)
    honest = {
      header: built.header,
      records: [{ head, frame, blocks: 6 }],
      pages: [page],
      end: built.index.end,
      blocks: built.index.blocks,
    }
  })

  /** Make a segment of parts, and read it in both ways. */
  const verify = async (parts: Partial<SegmentParts>): Promise<unknown> => {
    const { chunks } = await encodeSegment({ ...honest, ...parts }, nodeCodecs.sha256)
    return verifySegment(await openSegment(fromBytes(concatBytes(chunks)), nodeCodecs))
  }

  const record = async (
    head: Partial<SegmentParts['records'][0]['head']>,
    { content, blocks = 6 }: { readonly content?: Uint8Array; readonly blocks?: number } = {},
  ): Promise<Partial<SegmentParts>> => {
    const [only] = honest.records
    if (only === undefined) throw new Error('no record')
    const frame = content === undefined ? only.frame : await nodeZstdEncoder.compress(content)
    return { records: [{ head: { ...only.head, ...head }, frame, blocks }] }
  }

  test('is not this one', async () => {
    expect(await verify({})).toEqual({ entries: BigInt(entries.length), blocks: 6 })
  })

  test('a record that says something else than its content is', async () => {
    const { length } = entries
    const bytes = concatBytes(entries).length
    const last = (before: readonly number[]) => contentOf(before, entries)
    const BAD_RECORD = { code: 'BAD_RECORD', position: 88, step: 'verify' }
    await expect(verify(await record({ first: 1n }))).rejects.toMatchObject(BAD_RECORD)
    await expect(verify(await record({ bytes: bytes - 1 }))).rejects.toMatchObject(BAD_RECORD)
    await expect(verify(await record({ bytes: 0xffff_ffff }))).rejects.toMatchObject(BAD_RECORD)
    await expect(verify(await record({ boundaries: 0xffff_ffff }))).rejects.toMatchObject(BAD_RECORD)
    await expect(verify(await record({ encoding: 'etrog' }))).rejects.toMatchObject(BAD_RECORD)
    await expect(verify(await record({ encoding: undefined }))).rejects.toMatchObject(BAD_RECORD)
    await expect(verify(await record({ forkId: 6n }))).rejects.toMatchObject(BAD_RECORD)
    await expect(verify(await record({ streamPosition: 4097 }))).rejects.toMatchObject({ step: 'verify', position: 88 })
    for (const before of [[0], [1, 1], [2, 1], [length + 1]]) {
      const changed = await record({ boundaries: before.length }, { content: last(before) })
      await expect(verify(changed), `${before}`).rejects.toMatchObject(BAD_RECORD)
    }
    const fewer = await record({ boundaries: 1 }, { content: last([length]) })
    expect(await verify(fewer)).toEqual({ entries: BigInt(length), blocks: 6 })
  })

  test('a record whose entries are not whole, or have other numbers', async () => {
    const bytes = concatBytes(entries).length
    const reversed = await record({ boundaries: 0 }, { content: contentOf([], entries.toReversed()) })
    await expect(verify(reversed)).rejects.toMatchObject({ code: 'BAD_ENTRIES', position: 88 })
    const shortened = contentOf([], entries).subarray(0, -1)
    const incomplete = await record({ boundaries: 0, bytes: bytes - 1 }, { content: shortened })
    await expect(verify(incomplete)).rejects.toMatchObject({ code: 'BAD_ENTRIES', position: 88 })
    const padded = concatBytes([contentOf([], entries), new Uint8Array(4)])
    await expect(verify(await record({ boundaries: 0, bytes: bytes + 4 }, { content: padded }))).rejects.toMatchObject({
      code: 'BAD_ENTRIES',
    })
    // As many bytes, but another entry: only the stream's digest shows it.
    const other = contentOf([], entries)
    other[other.length - 1] = (other.at(-1) ?? 0) ^ 1
    await expect(verify(await record({ boundaries: 0 }, { content: other }))).rejects.toMatchObject({
      code: expect.stringMatching(/WRONG_DIGEST|BAD_ENTRIES/),
    })
  })

  test('what is said of blocks is not what the entries say', async () => {
    await expect(verify({ blocks: { ...honest.blocks, first: 2n } })).rejects.toMatchObject({ code: 'BAD_INDEX' })
    await expect(verify({ blocks: { ...honest.blocks, lastBatch: 9n } })).rejects.toMatchObject({ code: 'BAD_INDEX' })
    await expect(verify({ blocks: { ...honest.blocks, lastTime: 9n } })).rejects.toMatchObject({ code: 'BAD_INDEX' })
    const fewer = { blocks: { ...honest.blocks, count: 5 }, ...(await record({}, { blocks: 5 })) }
    await expect(verify(fewer)).rejects.toMatchObject({ code: 'BAD_INDEX' })
    await expect(
      verify({ header: { ...honest.header, encoding: undefined }, ...(await record({ encoding: undefined })) }),
    ).rejects.toMatchObject({
      code: 'BAD_INDEX',
    })
  })

  test('the table of bookmarks is not that of the entries, or no table', async () => {
    const rows = [
      { key: 1, record: 0 },
      { key: 2, record: 0 },
    ]
    const page = encodeBookmarkPage(rows, 1, 2)
    const changed = (change: (view: DataView) => void, of = page): Uint8Array => {
      const copy = of.slice()
      change(new DataView(copy.buffer))
      return copy
    }
    const pages: readonly (readonly [string, Uint8Array])[] = [
      ['other rows', page],
      ['no rows', encodeBookmarkPage([], 1, 2)],
      ['rows in another order', changed((view) => view.setUint32(8, 3, true))],
      ['a record that is not there', changed((view) => view.setUint16(12, 1, true))],
      ['more rows than have room', changed((view) => view.setUint32(0, pageCapacity(1, 2) + 1, true))],
      ['a byte after the rows', changed((view) => view.setUint8(20, 1))],
      ['a byte between', changed((view) => view.setUint8(4, 1))],
    ]
    for (const [name, each] of pages) {
      await expect(verify({ pages: [each] }), name).rejects.toMatchObject({ code: 'BAD_RECORD', step: 'verify' })
    }
    await expect(verify({ pages: [] })).rejects.toMatchObject({ code: 'BAD_INDEX' })
    await expect(verify({ pages: [...honest.pages, ...honest.pages] })).rejects.toMatchObject({ code: 'BAD_INDEX' })
  })

  test('an index that contradicts itself', async () => {
    const { chunks, index } = await encodeSegment(honest, nodeCodecs.sha256)
    const before = concatBytes(chunks.slice(0, -1))
    const openWith = async (changes: Partial<StreamIndex>): Promise<unknown> =>
      openSegment(fromBytes(concatBytes([before, encodeStreamIndex({ ...index, ...changes })])), nodeCodecs)
    const [row = { bytes: 0, entries: 0, blocks: 0 }] = index.records
    const cases: readonly Partial<StreamIndex>[] = [
      { pages: 2 },
      { pages: 0xffff_ffff },
      { records: [{ ...row, bytes: row.bytes + 1 }] },
      { records: [{ ...row, bytes: 10 }] },
      { records: [{ ...row, bytes: 0xffff_ffff }] },
      { records: [{ ...row, entries: 0 }] },
      { records: [{ ...row, entries: row.entries + 1 }] },
      { records: [{ ...row, blocks: 5 }] },
      { records: [row, { bytes: 100, entries: 1, blocks: 0 }] },
      { records: Array.from({ length: 5401 }, () => row) },
      { records: [] },
      { blocks: { ...index.blocks, first: 0xffff_ffff_ffff_ffffn } },
      { blocks: { ...index.blocks, count: 0 } },
      { end: { ...index.end, number: 1n << 63n } },
    ]
    for (const changes of cases)
      await expect(openWith(changes)).rejects.toMatchObject({ code: 'BAD_INDEX', step: 'open' })
    await expect(openWith({ root: new Uint8Array(32) })).resolves.toBeDefined()
  })

  test('a piece where another should be', async () => {
    const big = numbered(sequencerStream('protobuf', { blocks: 6, transaction: () => 500_000 }))
    const { chunks, index } = await segmentOf(big, 'protobuf')
    const file = concatBytes(chunks)
    const { records, pages, root } = index
    const expected = { pieces: records.length + pages, root, codecs: nodeCodecs, entries: records[0]?.entries ?? 0 }
    const first = file.subarray(88, recordPosition(records, 1))
    expect(records.length).toBe(3)
    const read = (changes: object) =>
      decodeRecord(first, { ...expected, index: 0, first: 0n, position: 88, ...changes })
    await expect(read({})).resolves.toMatchObject({ first: 0n, count: expected.entries })
    for (const changes of [{ index: 1 }, { index: 2 }, { index: 9 }, { pieces: 5 }, { root: first.slice(0, 32) }]) {
      await expect(read(changes), JSON.stringify(changes)).rejects.toMatchObject({ code: 'WRONG_DIGEST', position: 88 })
    }
    await expect(read({ first: 1n })).rejects.toMatchObject({ code: 'BAD_RECORD' })
    await expect(read({ entries: 1 })).rejects.toMatchObject({ code: 'BAD_RECORD' })
    for (const bytes of [new Uint8Array(0), first.subarray(0, 8), first.subarray(0, 60), new Uint8Array(3_000_000)]) {
      await expect(decodeRecord(bytes, { ...expected, index: 0, first: 0n, position: 88 })).rejects.toMatchObject({
        name: 'SegmentError',
      })
    }
  })
})

test('the records of a key are given once each, in order', () => {
  const rows = [
    { key: 1, record: 2 },
    { key: 7, record: 0 },
    { key: 7, record: 0 },
    { key: 7, record: 9 },
  ]
  expect(recordsOfKey({ rows, isFull: false }, 7)).toEqual([0, 9])
  expect(recordsOfKey({ rows, isFull: false }, 8)).toEqual([])
})

function encoded({ type, number, data }: Entry): Uint8Array {
  const out = new Uint8Array(17 + data.length)
  const view = new DataView(out.buffer)
  view.setUint8(0, 2)
  view.setUint32(1, out.length)
  view.setUint32(5, type)
  view.setBigUint64(9, number)
  out.set(data, 17)
  return out
}

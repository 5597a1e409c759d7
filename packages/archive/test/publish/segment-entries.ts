import { decodeEntries, type Entry } from '@datastreamer/format'
import { decodeRecord } from '../../src/layout-2/decode-record.ts'
import { streamIndexBytes } from '../../src/layout-2/stream-index.ts'
import type { SegmentLeaf } from '../../src/leaf/leaf.ts'
import { nodeCodecs as codecs } from '../../src/node.ts'

/** Where the first record begins. */
const FIRST_RECORD = 88
const PAGE_BYTES = 4096

/** The entries of a segment, read from its file as its leaf alone says. */
export async function segmentEntries(file: Uint8Array, leaf: SegmentLeaf): Promise<Entry[]> {
  const { records, root, start } = leaf
  const end = records.reduce((at, { bytes }) => at + bytes, FIRST_RECORD)
  const pieces = records.length + (leaf.bytes - end - streamIndexBytes(records.length)) / PAGE_BYTES
  const all: Entry[] = []
  let position = FIRST_RECORD
  for (const [index, { bytes, entries }] of records.entries()) {
    const first = start.number + BigInt(all.length)
    const where = { index, pieces, root, position, codecs, first, entries }
    const record = await decodeRecord(file.subarray(position, position + bytes), where)
    all.push(...decodeEntries(record.bytes))
    position += bytes
  }
  return all
}

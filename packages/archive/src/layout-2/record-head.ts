import { viewOf } from '@datastreamer/format'
import { GENERATIONS, type Generation } from '@datastreamer/sequencer-entries'
import { encodingNumber } from '../segment/header.ts'
import { RECORD_FIELDS_BYTES } from './limits.ts'

/** What a StreamRecord says of its content. docs/spec/archive.md §7.1. */
export interface RecordHead {
  /** Number of the first entry. */
  readonly first: bigint
  readonly count: number
  /** Bytes of the entries. */
  readonly bytes: number
  /** Number of operation boundaries. */
  readonly boundaries: number
  readonly encoding: Generation | undefined
  /** Of the batch that is open before the first entry; 0 if none is, or it is not known. */
  readonly forkId: bigint
  /** `total length` of a stream that ends before the first entry. */
  readonly streamPosition: number
}

/**
 * Encode the 40 bytes that a StreamRecord's data begins with, little-endian: `first entry u64 | entries u32 | bytes u32 |
 * boundaries u32 | encoding u8 | zero 3 | fork id u64 | position u64`.
 */
export function encodeRecordHead(head: RecordHead): Uint8Array {
  const { first, count, bytes, boundaries, encoding, forkId, streamPosition } = head
  const out = new Uint8Array(RECORD_FIELDS_BYTES)
  const view = viewOf(out)
  view.setBigUint64(0, first, true)
  view.setUint32(8, count, true)
  view.setUint32(12, bytes, true)
  view.setUint32(16, boundaries, true)
  view.setUint8(20, encodingNumber(encoding))
  view.setBigUint64(24, forkId, true)
  view.setBigUint64(32, BigInt(streamPosition), true)
  return out
}

/** Decode what {@link encodeRecordHead} makes; what is wrong with it, if it cannot be that of a record. */
export function decodeRecordHead(data: Uint8Array): RecordHead | string {
  const view = viewOf(data)
  const encoded = view.getUint8(20)
  const encoding = GENERATIONS[encoded - 1]
  if (encoded !== 0 && encoding === undefined) return `encoding ${encoded} of entries`
  if (view.getUint16(21) !== 0 || view.getUint8(23) !== 0) return 'bytes that are not 0 where they have to be'
  const position = view.getBigUint64(32, true)
  if (position > BigInt(Number.MAX_SAFE_INTEGER)) return `position ${position} in the stream`
  return {
    first: view.getBigUint64(0, true),
    count: view.getUint32(8, true),
    bytes: view.getUint32(12, true),
    boundaries: view.getUint32(16, true),
    encoding,
    forkId: view.getBigUint64(24, true),
    streamPosition: Number(position),
  }
}

import { encodeRecordHeader, RecordType } from '@datastreamer/e2store'
import { concatBytes } from '@datastreamer/format'
import { encodeHeader, type SegmentHeader } from '../segment/header.ts'
import { SegmentRecordType } from '../segment/record-type.ts'
import type { Sha256 } from '../sha256.ts'
import { inclusionProofs, treeRoot } from '../tlog/merkle.ts'
import { pieceHash } from './piece.ts'
import { encodeRecordHead, type RecordHead } from './record-head.ts'
import { encodeStreamIndex, type SegmentBlocks, type StreamIndex } from './stream-index.ts'

/** A record before it stands in its file. */
export interface RecordParts {
  readonly head: RecordHead
  readonly frame: Uint8Array
  /** L2 blocks that begin in it. */
  readonly blocks: number
}

/** What a segment is made of. */
export interface SegmentParts {
  readonly header: SegmentHeader
  readonly records: readonly RecordParts[]
  /** Pages of bookmarks, without header and path. */
  readonly pages: readonly Uint8Array[]
  readonly end: StreamIndex['end']
  readonly blocks: SegmentBlocks
}

/** A segment of layout 2 in memory. */
export interface EncodedSegment {
  /** The bytes of the file, one after the other. */
  readonly chunks: readonly Uint8Array[]
  /** Bytes of the file. */
  readonly bytes: number
  /** SHA-256 of the file. */
  readonly sha256: Uint8Array
  readonly index: StreamIndex
}

/** Put the parts of a segment together. @see docs/spec/archive.md §7 */
export async function encodeSegment(parts: SegmentParts, sha256: Sha256): Promise<EncodedSegment> {
  const { header, end, blocks } = parts
  const pieces = [...parts.records.map(recordPiece), ...parts.pages.map(pagePiece)]
  const hashes: Uint8Array[] = []
  for (const { hashed } of pieces) hashes.push(await pieceHash(sha256, ...hashed))
  const paths = inclusionProofs(sha256, hashes)
  const records = pieces.map(({ lay }, i) => lay(concatBytes(paths[i] ?? [])))
  const index: StreamIndex = {
    end,
    blocks,
    pages: parts.pages.length,
    root: treeRoot(sha256, hashes),
    records: parts.records.map(({ head, blocks: begin }, i) => {
      return { bytes: lengthOf(records[i] ?? []), entries: head.count, blocks: begin }
    }),
  }
  const fields = encodeHeader(header)
  const chunks = [
    encodeRecordHeader(RecordType.Version, 0),
    encodeRecordHeader(SegmentRecordType.StreamHeader, fields.length),
    fields,
    ...records.flat(),
    encodeStreamIndex(index),
  ]
  const sum = sha256.create()
  for (const chunk of chunks) sum.update(chunk)
  return { chunks, bytes: lengthOf(chunks), sha256: sum.digest(), index }
}

/** A piece: what its hash is of, and its record with its path. */
interface Piece {
  readonly hashed: readonly Uint8Array[]
  lay(path: Uint8Array): readonly Uint8Array[]
}

function recordPiece({ head, frame }: RecordParts): Piece {
  const fields = encodeRecordHead(head)
  return {
    hashed: [fields, frame],
    lay: (path) => withHeader(SegmentRecordType.StreamRecord, [fields, path, frame]),
  }
}

function pagePiece(data: Uint8Array): Piece {
  return { hashed: [data], lay: (path) => withHeader(SegmentRecordType.StreamBookmarks, [data, path]) }
}

function withHeader(type: number, data: readonly Uint8Array[]): readonly Uint8Array[] {
  return [encodeRecordHeader(type, lengthOf(data)), ...data]
}

function lengthOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((length, chunk) => length + chunk.length, 0)
}

import { viewOf, walkRun } from '@datastreamer/format'
import { GENERATIONS, type Generation } from '@datastreamer/sequencer-entries'
import { HistoryError } from '../leaf/history-error.ts'
import type { SegmentLeaf } from '../leaf/leaf.ts'
import type { Codecs } from '../codecs/codecs.ts'
import { sameBytes } from '../segment/point.ts'
import type { Sha256 } from '../sha256.ts'
import { inclusionProofLength, leafHash, rootOfInclusion } from '../tlog/merkle.ts'

// TO BE REPLACED by what other branches bring.

export interface VerifiedRecord {
  readonly first: bigint
  readonly count: number
  readonly size: number
  readonly marks: number
  readonly encoding: Generation | undefined
  readonly forkId: bigint | undefined
  readonly frame: Uint8Array
}

export interface DecodedRecord {
  readonly first: bigint
  readonly count: number
  readonly encoding: Generation | undefined
  readonly forkId: bigint | undefined
  readonly boundaries: readonly number[]
  readonly bytes: Uint8Array
}

export function piecesOf(leaf: SegmentLeaf): { readonly pieces: number; readonly end: number } {
  const end = leaf.records.reduce((sum, { bytes }) => sum + bytes, 88)
  const pages = (leaf.bytes - 160 - 12 * leaf.records.length - end) / 4096
  return { pieces: leaf.records.length + pages, end }
}

/** @throws {HistoryError} */
export function verifyRecord(bytes: Uint8Array, leaf: SegmentLeaf, index: number, sha256: Sha256): VerifiedRecord {
  const wrong = (what: string): HistoryError => new HistoryError('WRONG_CONTENT', `record ${index}: ${what}`)
  const view = viewOf(bytes)
  const { pieces } = piecesOf(leaf)
  const hashes = inclusionProofLength(index, pieces)
  const start = 40 + 32 * hashes
  if (bytes.length < start) throw wrong('too short')
  if (view.getUint16(0) !== 0xd504 || view.getUint32(2, true) !== bytes.length - 8) throw wrong('no record')
  const path = Array.from({ length: hashes }, (_, i) => bytes.subarray(40 + 32 * i, 72 + 32 * i))
  const frame = bytes.subarray(start)
  const hash = leafHash(sha256, bytes.subarray(8, 40), frame)
  const root = rootOfInclusion(sha256, hash, path, { index, size: pieces })
  if (root === undefined || !sameBytes(root, leaf.root)) throw wrong('hash')
  const fork = view.getBigUint64(32, true)
  return {
    first: view.getBigUint64(8, true),
    count: view.getUint32(16, true),
    size: view.getUint32(20, true),
    marks: view.getUint32(24, true),
    encoding: GENERATIONS[view.getUint8(28) - 1],
    forkId: fork === 0n ? undefined : fork,
    frame,
  }
}

export async function decodeRecord(record: VerifiedRecord, { zstd }: Codecs): Promise<DecodedRecord> {
  const { first, count, encoding, forkId, size, marks, frame } = record
  const all = await zstd.decompress(frame, size + 4 * marks)
  const view = viewOf(all)
  const bytes = all.subarray(4 * marks)
  const walked = walkRun(bytes, 0, bytes.length, first)
  if (walked.count !== count || walked.stop !== 'end') throw new HistoryError('WRONG_CONTENT', 'entries')
  const boundaries = Array.from({ length: marks }, (_, i) => view.getUint32(4 * i, true))
  return { first, count, encoding, forkId, boundaries, bytes }
}


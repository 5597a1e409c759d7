import { encodeRecordHeader, RECORD_HEADER_BYTES } from '@datastreamer/e2store'
import { concatBytes } from '@datastreamer/format'
import type { Codecs } from '../codecs/codecs.ts'
import { SegmentError, type SegmentStep } from '../errors.ts'
import { sameBytes } from '../segment/point.ts'
import type { Sha256 } from '../sha256.ts'
import { rootOfInclusion } from '../tlog/merkle.ts'
import { HASH_BYTES } from './limits.ts'

/** Which piece bytes have to be, and what is known of its segment. */
export interface ExpectedPiece {
  /** Of the pieces: records, then pages of bookmarks. */
  readonly index: number
  /** How many pieces the segment has. */
  readonly pieces: number
  /** Root of the tree of pieces. */
  readonly root: Uint8Array
  /** Where the piece begins in its file, for errors. */
  readonly position: number
  /** (default `read`) */
  readonly step?: SegmentStep | undefined
  readonly codecs: Codecs
}

const LEAF = Uint8Array.of(0)

/** The hash of a piece: that of a leaf (RFC 6962 §2.1), where that is faster without blocking. */
export function pieceHash(sha256: Sha256, ...parts: readonly Uint8Array[]): Uint8Array | Promise<Uint8Array> {
  return sha256.large(concatBytes([LEAF, ...parts]))
}

/** Throw `BAD_RECORD` unless bytes begin with the header of a record of this type that ends with them. */
export function checkPieceHeader(bytes: Uint8Array, type: number, { position, step = 'read' }: ExpectedPiece): void {
  if (bytes.length >= RECORD_HEADER_BYTES) {
    const header = encodeRecordHeader(type, bytes.length - RECORD_HEADER_BYTES)
    if (header.every((byte, i) => byte === bytes[i])) return
  }
  const hex = type.toString(16)
  throw new SegmentError('BAD_RECORD', `no record of type ${hex} and ${bytes.length} bytes`, position, step)
}

/** Throw `WRONG_DIGEST` unless the path of a piece leads to the root. @param path one hash after the other */
export async function checkPath(
  parts: readonly Uint8Array[],
  path: Uint8Array,
  { index, pieces, root, position, step = 'read', codecs: { sha256 } }: ExpectedPiece,
): Promise<void> {
  const hash = await pieceHash(sha256, ...parts)
  const proof = Array.from({ length: path.length / HASH_BYTES }, (_, i) =>
    path.subarray(HASH_BYTES * i, HASH_BYTES * (i + 1)),
  )
  const found = rootOfInclusion(sha256, hash, proof, { index, size: pieces })
  if (found !== undefined && sameBytes(found, root)) return
  throw new SegmentError('WRONG_DIGEST', `piece ${index} is another than that of the segment`, position, step)
}

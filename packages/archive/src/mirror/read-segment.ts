import type { Signal } from '@datastreamer/format'
import type { Mirrors } from '../history/mirrors.ts'
import { HistoryError } from '../leaf/history-error.ts'
import { type SegmentLeaf, segmentKey } from '../leaf/leaf.ts'
import { sameBytes } from '../segment/point.ts'
import type { Sha256 } from '../sha256.ts'

/** Most bytes of a segment that is read as a whole: more than one with as many entries as one may have. */
const MAX_SEGMENT_BYTES = 1_610_612_736

/** The file of a segment, as its leaf describes it. @throws {HistoryError} */
export function readSegmentFile(
  leaf: SegmentLeaf,
  mirrors: Mirrors,
  sha256: Sha256,
  signal: Signal | undefined,
): Promise<Uint8Array> {
  const key = segmentKey(leaf)
  if (leaf.bytes > MAX_SEGMENT_BYTES) {
    throw new HistoryError('BAD_LEAF', `${key}: ${leaf.bytes} bytes, expected ${MAX_SEGMENT_BYTES} at most`, { key })
  }
  const check = async (bytes: Uint8Array): Promise<Uint8Array> => {
    if (await isFileOf(leaf, bytes, sha256)) return bytes
    throw new HistoryError('WRONG_CONTENT', `${key}: not the file that the log has`, { key })
  }
  return mirrors.read({ key, maxBytes: leaf.bytes, check }, signal)
}

/** Whether bytes are the file that a leaf describes. */
export async function isFileOf({ bytes, sha256 }: SegmentLeaf, file: Uint8Array, hash: Sha256): Promise<boolean> {
  return file.length === bytes && sameBytes(await hash.large(file), sha256)
}

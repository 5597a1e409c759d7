import { fromBytes } from '@datastreamer/e2store'
import type { Signal } from '@datastreamer/format'
import { throwIfAborted } from '../abort.ts'
import { openSegment } from '../archive/open-segment.ts'
import { verifySegment } from '../archive/verify-segment.ts'
import type { Codecs } from '../codecs/codecs.ts'
import { SegmentError } from '../errors.ts'
import type { Mirrors } from '../history/mirrors.ts'
import type { Segment2 } from '../layout-2/segment-2.ts'
import { encodeLeaf } from '../leaf/encode-leaf.ts'
import { HistoryError } from '../leaf/history-error.ts'
import { type SegmentLeaf, segmentKey } from '../leaf/leaf.ts'
import { sameIdentity } from '../segment/header.ts'
import { sameBytes } from '../segment/point.ts'
import { readSegmentFile } from './read-segment.ts'
import type { WholeLog } from './whole-log.ts'

export interface CheckSegmentOptions {
  readonly mirrors: Mirrors
  readonly codecs: Codecs
  /** See `VerifyHistoryOptions`. */
  readonly deep: boolean
  readonly signal: Signal | undefined
}

/**
 * Check that the file of a segment is the one that its leaf describes, that the segment says the same as the leaf, and
 * that every piece can be read and leads to the root.
 *
 * @throws {HistoryError}
 * @see docs/spec/history.md §7
 */
export async function checkSegment(
  leaf: SegmentLeaf,
  { decoded: [first] }: WholeLog,
  { mirrors, codecs, deep, signal }: CheckSegmentOptions,
): Promise<void> {
  const key = segmentKey(leaf)
  const file = await readSegmentFile(leaf, mirrors, codecs.sha256, signal)
  try {
    const segment = await openSegment(fromBytes(file), codecs)
    const isOfLog = first?.kind === 'epoch' && sameIdentity(segment.header.identity, first.identity)
    if (segment.layout !== 2 || !isOfLog || !sameBytes(encodeLeaf(leafOf(segment, leaf)), encodeLeaf(leaf))) {
      throw new HistoryError('WRONG_CONTENT', `${key}: the segment says something else than its leaf`, { key })
    }
    if (deep) await verifySegment(segment, { signal })
    else await checkPieces(segment, signal)
  } catch (error) {
    if (!(error instanceof SegmentError)) throw error
    throw new HistoryError('WRONG_CONTENT', `${key}: ${error.message}`, { key, cause: error })
  }
}

/** The leaf that a segment would have, as far as it says itself. */
function leafOf({ header, index }: Segment2, leaf: SegmentLeaf): SegmentLeaf {
  const { end, root, blocks, records } = index
  return { ...leaf, start: header.start, end, root, blocks, records }
}

async function checkPieces(segment: Segment2, signal: Signal | undefined): Promise<void> {
  for await (const _ of segment.runs('verify')) throwIfAborted(signal)
  for (let page = 0; page < segment.index.pages; page++) await segment.page(page, 'verify')
}

import type { Signal } from '@datastreamer/format'
import { throwIfAborted } from '../abort.ts'
import { findBookmark2 } from '../layout-2/find-bookmark.ts'
import { lastBookmark } from '../segment/last-bookmark.ts'
import type { Segment } from './open-segment.ts'

/**
 * Number of the last entry of a segment that is this bookmark, `undefined` if the segment does not have it. Of layout 1 all
 * records are read.
 *
 * @throws {SegmentError} @throws {E2StoreError}
 */
export async function findBookmark(
  segment: Segment,
  bookmark: Uint8Array,
  signal?: Signal | undefined,
): Promise<bigint | undefined> {
  if (segment.layout === 2) return findBookmark2(segment, bookmark)
  let last: bigint | undefined
  for await (const run of segment.runs('read')) {
    throwIfAborted(signal)
    last = lastBookmark(run, bookmark) ?? last
  }
  return last
}

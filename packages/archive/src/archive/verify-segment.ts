import { verifiedRuns1 } from '../layout-1/verify.ts'
import { verifiedRuns2 } from '../layout-2/verify.ts'
import type { EntryRun } from '../segment/entry-run.ts'
import type { VerifySegmentOptions } from '../segment/verify-options.ts'
import type { Segment } from './open-segment.ts'

/**
 * The entries of a segment, a record at a time, while all of it is checked: digests, checksum, numbers, positions, index.
 * What was yielded is to be trusted only once the generator ends.
 *
 * @throws {SegmentError} @throws {E2StoreError}
 * @throws {ChainError} `TARGET_DIFFERS` if the stream does not pass `through`
 * @see docs/spec/archive.md §4, §7.4
 */
export function verifiedRuns(
  segment: Segment,
  options: VerifySegmentOptions = {},
): AsyncGenerator<EntryRun, void, void> {
  return segment.layout === 1 ? verifiedRuns1(segment, options) : verifiedRuns2(segment, options)
}

/** What a verified segment holds. */
export interface SegmentReport {
  readonly entries: bigint
  readonly blocks: number
}

/** Check all of a segment. Throws as {@link verifiedRuns}. */
export async function verifySegment(segment: Segment, options: VerifySegmentOptions = {}): Promise<SegmentReport> {
  for await (const _ of verifiedRuns(segment, options));
  return { entries: segment.end.number - segment.header.start.number, blocks: segment.blocks }
}

import { throwIfAborted } from '../abort.ts'
import { ChainCheck } from '../segment/chain-check.ts'
import { encodedEntries } from '../segment/entry-run.ts'
import type { VerifySegmentOptions } from '../segment/verify-options.ts'
import type { DecodedRecord } from './decode-record.ts'
import { FactsCheck } from './facts-check.ts'
import type { Segment2 } from './segment-2.ts'

/**
 * The entries of a segment of layout 2, a record at a time, while all of it is checked: every piece by its path, numbers,
 * positions and digests, what is said of blocks, and the table of bookmarks. What was yielded is to be trusted only once
 * the generator ends.
 *
 * @throws {SegmentError} @throws {E2StoreError}
 * @throws {ChainError} `TARGET_DIFFERS` if the stream does not pass `through`
 * @see docs/spec/archive.md §7.4
 */
export async function* verifiedRuns2(
  segment: Segment2,
  { signal, through, onProgress }: VerifySegmentOptions,
): AsyncGenerator<DecodedRecord, void, void> {
  const { source, codecs, indexPosition } = segment
  const chain = new ChainCheck(segment, codecs.sha256, through)
  const facts = new FactsCheck(segment)
  for await (const run of segment.runs('verify')) {
    throwIfAborted(signal)
    chain.checkRecord(run)
    const entries = [...encodedEntries(run)]
    for (const entry of entries) chain.push(entry)
    facts.push(run, entries)
    onProgress?.(run.position, source.size)
    yield run
  }
  chain.finish(indexPosition)
  await facts.finish()
  onProgress?.(source.size, source.size)
}

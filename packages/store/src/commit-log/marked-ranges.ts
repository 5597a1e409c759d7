import type { CommitPoint } from '../log/commit-point.ts'
import type { EntryRange } from '../log/entry-range.ts'
import { READ_RECORDS, type Records } from './find-record.ts'

/** The ranges whose records are marked as damaged. */
export async function* markedRanges(records: Records): AsyncGenerator<EntryRange, void, void> {
  const { base, first } = records.beginning
  let from: CommitPoint = base
  for (let index = first; index < records.count; ) {
    const some = await records.records(index, READ_RECORDS)
    for (const record of some) {
      // Where the next one begins is unknown: where the last readable one ends, or later.
      if (record === undefined || record.totalLength < from.totalLength) continue
      const { isDamaged, totalLength, totalEntries } = record
      const to = { totalLength, totalEntries }
      if (isDamaged) yield { from, to }
      from = to
    }
    index += some.length
  }
}

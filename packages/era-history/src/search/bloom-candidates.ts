import type { FileSet } from '../files/file-set.ts'
import { HEADER_COLUMNS } from '../files/file-set.ts'
import type { LogFilter } from '../history.ts'
import { bloomTest } from './match.ts'
import type { Pace } from './pace.ts'
import type { Candidate } from './search-logs.ts'

/** Where candidates come from. */
export interface CandidateSource {
  readonly files: FileSet
  readonly pace: Pace
  readonly signal: AbortSignal
}

/** Blocks whose headers are read at once. */
const BATCH = 64n

/**
 * The blocks from `from` to `to` whose headers say that they may have matching logs. Every header is verified: one that
 * was changed could hide logs.
 *
 * Blocks that do not match are given now and then, so that it is seen how far the search is.
 */
export async function* bloomCandidates(
  { files, pace, signal }: CandidateSource,
  filter: LogFilter,
  from: bigint,
  to: bigint,
): AsyncGenerator<Candidate, void, void> {
  const mayMatch = bloomTest(filter)
  for (let start = from; start <= to; ) {
    const end = start + BATCH - 1n < to ? start + BATCH - 1n : to
    const { found, next } = await pace.read(signal, async () => {
      await pace.turn()
      return batch(files, mayMatch, start, end)
    })
    for (const number of found) yield { number, isMatch: true }
    start = next
    if (found.at(-1) !== next - 1n) yield { number: next - 1n, isMatch: false }
  }
}

/** Test headers from `start` on, as far as one file goes; `next` is the first that was not tested. */
async function batch(
  files: FileSet,
  mayMatch: ReturnType<typeof bloomTest>,
  start: bigint,
  end: bigint,
): Promise<{ readonly found: bigint[]; readonly next: bigint }> {
  const result = await files.read(start, async (open) => {
    const found: bigint[] = []
    let next = start
    const to = open.file.to < end ? open.file.to + 1n : end + 1n
    for await (const payloads of open.archive.iteratePayloads({ from: start, to, columns: HEADER_COLUMNS })) {
      const { header } = await files.verifier.verify(open, payloads)
      if (mayMatch(header)) found.push(payloads.number)
      next = payloads.number + 1n
    }
    return { found, next }
  })
  // What no file holds shows when the block is read.
  return result ?? { found: [start], next: start + 1n }
}

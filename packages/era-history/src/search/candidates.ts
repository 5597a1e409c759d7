import type { FileSet } from '../files/file-set.ts'
import type { HistoryFile } from '../files/history-file.ts'
import type { LogFilter } from '../history.ts'
import { bloomCandidates, type CandidateSource } from './bloom-candidates.ts'
import type { Candidate } from './search-logs.ts'

/** Blocks of one file that are to be searched. */
interface Stretch {
  readonly from: bigint
  readonly to: bigint
  /** `undefined` if no file holds them. */
  readonly file: HistoryFile | undefined
}

/** A stretch, and what its sidecar says. */
interface Asked {
  readonly stretch: Stretch
  readonly numbers: Promise<readonly bigint[] | undefined>
}

/** So few blocks are read at once: whether they may match is not asked before. */
const FEW_BLOCKS = 2n
/** Sidecars that are asked ahead of the search. */
const ASK_AHEAD = 8

/**
 * The blocks of a filter's range that may have matching logs, in order: by the sidecars of files, which are asked for
 * several files at once, or by the headers of those that have none.
 */
export async function* candidates(source: CandidateSource, filter: LogFilter): AsyncGenerator<Candidate, void, void> {
  const waiting: Asked[] = []
  for (const stretch of stretches(source.files, filter.from, filter.to)) {
    const numbers = bySidecar(source, filter, stretch)
    // It is awaited in its turn.
    numbers.catch(() => {})
    waiting.push({ stretch, numbers })
    if (waiting.length >= ASK_AHEAD) yield* next(source, filter, waiting)
  }
  while (waiting.length > 0) yield* next(source, filter, waiting)
}

async function* next(
  source: CandidateSource,
  filter: LogFilter,
  waiting: Asked[],
): AsyncGenerator<Candidate, void, void> {
  const first = waiting.shift()
  if (first === undefined) return
  const { from, to } = first.stretch
  const numbers = await first.numbers
  if (numbers === undefined) return yield* bloomCandidates(source, filter, from, to)
  for (const number of numbers) yield { number, isMatch: true }
  if (numbers.at(-1) !== to) yield { number: to, isMatch: false }
}

/** The stretches of a range, by what is known of the files now. */
function* stretches({ catalog }: FileSet, from: bigint, to: bigint): Generator<Stretch, void, void> {
  for (let start = from; start <= to; ) {
    const held = catalog.holding(start)
    const file = held.find(({ sidecar, holdsReceipts }) => sidecar !== undefined && holdsReceipts) ?? held[0]
    const end = file === undefined ? start : file.to < to ? file.to : to
    yield { from: start, to: end, file }
    start = end + 1n
  }
}

/** `undefined` if there is no sidecar that can answer for all blocks of the stretch. */
async function bySidecar(
  { files, pace, signal }: CandidateSource,
  filter: LogFilter,
  { file, from, to }: Stretch,
): Promise<readonly bigint[] | undefined> {
  if (to - from < FEW_BLOCKS) return from === to ? [from] : [from, to]
  if (file?.sidecar === undefined) return undefined
  const hasConditions = [filter.addresses, ...filter.topics].some((wanted) => wanted !== undefined && wanted.length > 0)
  if (!hasConditions) return undefined
  return pace.read(signal, () =>
    files.sidecars.candidates(file, async (sidecar) => {
      const { start, count } = sidecar.identity
      if (!sidecar.hasLogs || from < start || to >= start + BigInt(count)) return undefined
      return (await files.mayRelyOn(file, sidecar.identity)) ? sidecar.blocksWithLogs(filter, from, to) : undefined
    }),
  )
}

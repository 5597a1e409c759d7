import type { History } from '@datastreamer/era-history'

/** Blocks of an era, as in the names of execution archives. */
const BLOCKS_PER_ERA = 8192n

/** Blocks from one number to another, both included. */
export interface BlockRange {
  readonly from: bigint
  readonly to: bigint
}

/** The blocks of one era that are held: those of one file of each table. */
export interface EraPart {
  readonly era: bigint
  /** Ascending; one, unless blocks in between are not held. */
  readonly ranges: readonly BlockRange[]
}

/** What can be exported of a range of blocks, and what of it is not held. */
export interface ExportPlan {
  readonly eras: readonly EraPart[]
  readonly missing: readonly BlockRange[]
  readonly blocks: bigint
}

/** Plan the export of a range (default: from the first block held to the last). */
export function planExport({ runs }: Pick<History, 'runs'>, range: Partial<BlockRange> = {}): ExportPlan {
  const from = range.from ?? runs[0]?.from ?? 0n
  const to = range.to ?? runs.at(-1)?.to ?? -1n
  const eras = new Map<bigint, BlockRange[]>()
  const missing: BlockRange[] = []
  let blocks = 0n
  let next = from
  for (const run of runs) {
    const first = run.from > from ? run.from : from
    const last = run.to < to ? run.to : to
    if (first > last) continue
    if (first > next) missing.push({ from: next, to: first - 1n })
    next = last + 1n
    blocks += next - first
    for (let at = first; at <= last; ) {
      const era = at / BLOCKS_PER_ERA
      const end = (era + 1n) * BLOCKS_PER_ERA - 1n
      const part = { from: at, to: end < last ? end : last }
      eras.set(era, [...(eras.get(era) ?? []), part])
      at = part.to + 1n
    }
  }
  if (next <= to) missing.push({ from: next, to })
  return { eras: [...eras].map(([era, ranges]) => ({ era, ranges })), missing, blocks }
}

/** Ranges as text: `0..8191`. */
export function rangesText(ranges: readonly BlockRange[]): string {
  return ranges.map(({ from, to }) => `${from}..${to}`).join(', ')
}

import type { HistoryName } from './history-name.ts'
import type { NumberRange } from './selection.ts'

/** Consecutive numbers of which a series has no file. */
export interface Gap {
  readonly series: string
  readonly first: number
  readonly last: number
}

/** Several files of one series and number, of which only what follows can show which is right. */
export interface Double {
  readonly series: string
  readonly number: number
  readonly names: readonly string[]
}

/**
 * The numbers that are missing between the first and the last of each series, and those that were asked for and that no
 * series has.
 *
 * @param files in order of series and number
 */
export function findGaps(files: readonly HistoryName[], asked?: NumberRange): Gap[] {
  const gaps: Gap[] = []
  for (const [series, group] of bySeries(files)) {
    for (const [i, { number }] of group.entries()) {
      const before = group[i - 1]
      if (before !== undefined && number > before.number + 1) {
        gaps.push({ series, first: before.number + 1, last: number - 1 })
      }
    }
  }
  if (asked === undefined) return gaps
  const first = files.reduce((low, { number }) => Math.min(low, number), Number.POSITIVE_INFINITY)
  const last = files.reduce((high, { number }) => Math.max(high, number), Number.NEGATIVE_INFINITY)
  const series = [...bySeries(files).keys()].join(', ') || 'any'
  if (files.length === 0) return [{ series, first: asked.first, last: asked.last ?? asked.first }]
  if (asked.first < first) gaps.push({ series, first: asked.first, last: first - 1 })
  if (asked.last !== undefined && asked.last > last) gaps.push({ series, first: last + 1, last: asked.last })
  return gaps
}

/** The numbers of which a series has several files. @param files in order of series and number */
export function findDoubles(files: readonly HistoryName[]): Double[] {
  const doubles: Double[] = []
  for (const [series, group] of bySeries(files)) {
    for (const [number, same] of groupBy(group, ({ number: each }) => each)) {
      if (same.length > 1) doubles.push({ series, number, names: same.map(({ name }) => name) })
    }
  }
  return doubles
}

function bySeries(files: readonly HistoryName[]): ReadonlyMap<string, readonly HistoryName[]> {
  return groupBy(files, ({ series }) => series)
}

function groupBy<K, T>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group === undefined) groups.set(keyOf(item), [item])
    else group.push(item)
  }
  return groups
}

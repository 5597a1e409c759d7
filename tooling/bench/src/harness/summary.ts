/** What was measured, over all rounds. */
export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** @throws {RangeError} if there is no sample */
export function summarize(samples: readonly number[]): Summary {
  const sorted = samples.toSorted((a, b) => a - b)
  const [min] = sorted
  const max = sorted.at(-1)
  if (min === undefined || max === undefined) throw new RangeError('nothing was measured')
  return { median: quantile(sorted, 0.5), min, max }
}

/** The value below which a part of the samples lies, between two of them if need be. @param sorted at least one */
export function quantile(sorted: readonly number[], part: number): number {
  const at = part * (sorted.length - 1)
  const low = sorted[Math.floor(at)] ?? Number.NaN
  const high = sorted[Math.ceil(at)] ?? Number.NaN
  return low + (high - low) * (at - Math.floor(at))
}

/** What each round's `a` is as a part of the same round's `b`. */
export function ratios(a: readonly number[], b: readonly number[]): Summary {
  return summarize(a.map((value, round) => value / (b[round] ?? Number.NaN)))
}

/** `median (min to max)`. */
export function spread(summary: Summary, format: (value: number) => string): string {
  return `${format(summary.median)} (${format(summary.min)} to ${format(summary.max)})`
}

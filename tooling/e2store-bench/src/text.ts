/** A row of a table. */
export function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

export function duration(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2
}

/** The median, and in brackets the smallest and the largest. */
export function spread(values: readonly number[]): string {
  if (values.length < 2) return duration(median(values))
  return `${duration(median(values))} (${duration(Math.min(...values))} to ${duration(Math.max(...values))})`
}

/** As {@link spread}, of ratios. */
export function ratioSpread(values: readonly number[]): string {
  const [middle, low, high] = [median(values), Math.min(...values), Math.max(...values)].map((one) => one.toFixed(2))
  return `${middle} (${low} to ${high})`
}

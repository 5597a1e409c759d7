/** A number with as many digits as say something, thousands apart. */
export function count(value: number): string {
  const digits = Math.max(0, Math.floor(Math.log10(Math.max(Math.abs(value), 1))) - 2)
  return (Math.round(value / 10 ** digits) * 10 ** digits).toLocaleString('en')
}

export function fixed(digits: number): (value: number) => string {
  return (value) => value.toFixed(digits)
}

/** Bytes as MiB. */
export function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(0)} MiB`
}

/** A time in the unit that suits it. */
export function duration(ms: number): string {
  if (ms < 1) return `${(ms * 1000).toFixed(0)} µs`
  if (ms < 100) return `${ms.toFixed(1)} ms`
  return ms < 10_000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`
}

/** Buckets for each factor of e: neighbours differ by less than half a percent. */
const RESOLUTION = 250
const BUCKETS = 6000

/** How often which latency was seen. Those of several processes add up. */
export class Histogram {
  readonly counts: number[]

  constructor(counts: readonly number[] = []) {
    this.counts = Array.from({ length: BUCKETS }, (_, i) => counts[i] ?? 0)
  }

  add(ms: number): void {
    const bucket = Math.min(BUCKETS - 1, Math.max(0, Math.floor(Math.log1p(ms * 1000) * RESOLUTION)))
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1
  }

  static sum(all: readonly Histogram[]): Histogram {
    const sum = new Histogram()
    for (const { counts } of all)
      for (const [i, count] of counts.entries()) sum.counts[i] = (sum.counts[i] ?? 0) + count
    return sum
  }

  /** The latency, in ms, below which a part of all lies. */
  quantile(part: number): number {
    const total = this.counts.reduce((sum, count) => sum + count, 0)
    let left = part * total
    const bucket = this.counts.findIndex((count) => {
      left -= count
      return left <= 0
    })
    return Math.expm1((bucket + 0.5) / RESOLUTION) / 1000
  }
}

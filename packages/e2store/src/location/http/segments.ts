/** Consecutive bytes of a file that were read, or are being read. */
export interface Segment {
  readonly start: number
  readonly end: number
  /** As soon as they are there. */
  bytes: Uint8Array | undefined
  readonly loading: Promise<Uint8Array>
}

/** The segments of one file, which do not overlap. */
export class Segments {
  /** Sorted by their start. */
  readonly #sorted: Segment[] = []

  /** The segment that the byte at `position` is in. */
  at(position: number): Segment | undefined {
    const found = this.#sorted[this.#after(position) - 1]
    return found !== undefined && found.end > position ? found : undefined
  }

  /** The first position from `position` on, up to `end`, that is in no segment. */
  firstGap(position: number, end: number): number {
    let at = position
    for (let found = this.at(at); found !== undefined && at < end; found = this.at(at)) at = found.end
    return Math.min(at, end)
  }

  /** Where the gap around `position` begins, `from` at the least. */
  gapStart(position: number, from: number): number {
    return Math.max(from, this.#sorted[this.#after(position) - 1]?.end ?? 0)
  }

  /** Where the gap around `position` ends, `to` at the most. */
  gapEnd(position: number, to: number): number {
    return Math.min(to, this.#sorted[this.#after(position)]?.start ?? to)
  }

  add(segment: Segment): void {
    this.#sorted.splice(this.#after(segment.start), 0, segment)
  }

  remove(segment: Segment): void {
    const at = this.#sorted.indexOf(segment)
    if (at >= 0) this.#sorted.splice(at, 1)
  }

  all(): readonly Segment[] {
    return this.#sorted
  }

  /** The index of the first segment that starts after `position`. */
  #after(position: number): number {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#sorted[middle]?.start ?? 0) <= position) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Keeps the segments of any number of files that were used most recently, up to so many bytes. */
export class SegmentCache {
  readonly maxBytes: number
  readonly #kept = new Map<Segment, Segments>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  /** Bytes that are kept. */
  get bytes(): number {
    return this.#bytes
  }

  /** Keep a segment whose bytes are there, or keep it longer. */
  use(segment: Segment, file: Segments): void {
    if (!this.#kept.delete(segment)) this.#bytes += segment.end - segment.start
    this.#kept.set(segment, file)
    for (const [oldest, owner] of this.#kept) {
      if (this.#bytes <= this.maxBytes) break
      this.drop(oldest, owner)
    }
  }

  drop(segment: Segment, file: Segments): void {
    if (this.#kept.delete(segment)) this.#bytes -= segment.end - segment.start
    file.remove(segment)
  }
}

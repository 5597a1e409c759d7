import { ByteSourceError } from '../../errors.ts'
import { type ByteRange, checkRange } from '../../io/byte-source.ts'
import type { OpenedFile } from '../location.ts'
import type { Watch } from './answer.ts'
import type { HttpClient } from './client.ts'
import type { Part } from './opening.ts'
import { fetchRange, type RemoteFile } from './range.ts'
import { ReadPattern } from './read-pattern.ts'
import { type Segment, type SegmentCache, Segments } from './segments.ts'
import type { Slots } from './slots.ts'

/** What the open files of a server share. */
export interface Shared {
  readonly client: HttpClient
  readonly cache: SegmentCache
  readonly slots: Slots
  /** Bytes that are read together at the start of a file. */
  readonly headBytes: number
}

/** Reads below this size bring along what is around them. */
const SMALL_BYTES = 16_384
const PAGE_BYTES = 65_536
/** Ranges with no more between them become one request. */
const MERGE_BYTES = 65_536
/** Of the cache: more than this at once is not kept; and what may be read ahead in one run of reads. */
const LARGE_SHARE = 4
const AHEAD_SHARE = 16
const MAX_AHEAD_BYTES = 4_194_304

/** A file on a server: reads are answered from what was read before, merged, and read ahead where they follow each other. */
export class RemoteSource implements OpenedFile {
  readonly name: string
  readonly size: number
  readonly #file: RemoteFile
  readonly #shared: Shared
  readonly #life: Watch
  readonly #segments = new Segments()
  readonly #pattern: ReadPattern
  #closed = false

  /** @param life ends all requests of this file */
  constructor(name: string, file: RemoteFile, parts: readonly Part[], shared: Shared, life: Watch) {
    this.name = name
    this.size = file.version.size
    this.#file = file
    this.#shared = shared
    this.#life = life
    this.#pattern = new ReadPattern(Math.min(MAX_AHEAD_BYTES, Math.floor(shared.cache.maxBytes / AHEAD_SHARE)))
    for (const { position, bytes } of parts) {
      const segment = { start: position, end: position + bytes.length, bytes, loading: Promise.resolve(bytes) }
      this.#segments.add(segment)
      shared.cache.use(segment, this.#segments)
    }
  }

  read(position: number, length: number): Uint8Array | Promise<Uint8Array> {
    this.#check(position, length)
    const end = position + length
    const ahead = this.#pattern.note(position, end)
    const bytes = this.peek(position, length) ?? this.#load(position, end, ahead)
    if (ahead > 0) this.#readAhead(end, ahead)
    return bytes
  }

  peek(position: number, length: number): Uint8Array | undefined {
    this.#check(position, length)
    if (length === 0) return new Uint8Array(0)
    const segment = this.#segments.at(position)
    if (segment?.bytes === undefined || segment.end < position + length) return undefined
    this.#shared.cache.use(segment, this.#segments)
    return segment.bytes.subarray(position - segment.start, position - segment.start + length)
  }

  willRead(ranges: readonly ByteRange[]): void {
    const sorted = ranges
      .filter(({ position, length }) => length > 0 && position >= 0 && position + length <= this.size)
      .filter(({ position, length }) => this.#segments.firstGap(position, position + length) < position + length)
      .map(({ position, length }) => this.#around(position, position + length))
      .sort((a, b) => a.start - b.start)
    const merged: { start: number; end: number }[] = []
    for (const range of sorted) {
      const last = merged.at(-1)
      if (last !== undefined && range.start <= last.end + MERGE_BYTES) last.end = Math.max(last.end, range.end)
      else merged.push(range)
    }
    for (const { start, end } of merged) this.#cover(start, end, end)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#life.abort(this.#closedError())
    this.#life[Symbol.dispose]()
    for (const segment of [...this.#segments.all()]) this.#shared.cache.drop(segment, this.#segments)
  }

  #check(position: number, length: number): void {
    if (this.#closed) throw this.#closedError()
    checkRange(this.size, position, length)
  }

  #closedError(): ByteSourceError {
    return new ByteSourceError('CLOSED', `${this.#file.address.shown} is closed`)
  }

  async #load(position: number, end: number, ahead: number): Promise<Uint8Array> {
    const segments =
      ahead > 0 ? this.#cover(position, end, Math.min(this.size, end + ahead / 2)) : this.#coverAround(position, end)
    const bytes = await Promise.all(segments.map(({ loading }) => loading))
    const [first] = segments
    if (first !== undefined && first.end >= end)
      return (bytes[0] as Uint8Array).subarray(position - first.start, end - first.start)
    const all = new Uint8Array(end - position)
    for (const [i, segment] of segments.entries()) {
      const from = Math.max(position, segment.start)
      const part = (bytes[i] as Uint8Array).subarray(from - segment.start, end - segment.start)
      all.set(part, from - position)
    }
    return all
  }

  #coverAround(position: number, end: number): Segment[] {
    const wide = this.#around(position, end)
    const start = this.#segments.at(position) === undefined ? this.#segments.gapStart(position, wide.start) : position
    return this.#cover(start, end, wide.end).filter((segment) => segment.end > position)
  }

  /** The segments that `[start, end)` is in; gaps are requested, the last one up to `most`. */
  #cover(start: number, end: number, most: number): Segment[] {
    const segments: Segment[] = []
    for (let at = start; at < end; ) {
      const segment = this.#segments.at(at) ?? this.#request(at, this.#segments.gapEnd(at, most))
      segments.push(segment)
      at = segment.end
    }
    return segments
  }

  /** Request the next bytes after `end` as soon as half of what is to be there is not. */
  #readAhead(end: number, ahead: number): void {
    const to = Math.min(this.size, end + ahead)
    const from = this.#segments.firstGap(end, to)
    if (from < to && to - from >= Math.min(ahead / 2, this.size - from)) {
      this.#request(from, this.#segments.gapEnd(from, to))
    }
  }

  #request(start: number, end: number): Segment {
    const { client, cache, slots } = this.#shared
    const { signal } = this.#life
    const loading = slots.run(() => fetchRange(client, this.#file, start, end - start, signal))
    const segment: Segment = { start, end, bytes: undefined, loading }
    this.#segments.add(segment)
    loading.then(
      (bytes) => {
        segment.bytes = bytes
        if (this.#closed || end - start > cache.maxBytes / LARGE_SHARE) this.#segments.remove(segment)
        else cache.use(segment, this.#segments)
      },
      // Reported to whoever reads it; the next one tries again.
      () => this.#segments.remove(segment),
    )
    return segment
  }

  /** A small range, with what is around it in its page. */
  #around(start: number, end: number): { start: number; end: number } {
    const { headBytes } = this.#shared
    if (end - start > SMALL_BYTES) return { start, end }
    const [from, bytes] = start < headBytes ? [0, headBytes] : [start - (start % PAGE_BYTES), PAGE_BYTES]
    return { start: from, end: Math.min(this.size, Math.max(end, from + bytes, start + PAGE_BYTES / 2)) }
  }
}

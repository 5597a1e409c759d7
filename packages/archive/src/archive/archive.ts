import type { ByteSource } from '@datastreamer/e2store'
import {
  decodeEntries,
  type EntriesOptions,
  type EntriesTo,
  type Entry,
  type EntrySource,
  entryTypesOf,
  type Header,
  NotFoundError,
  u64Of,
} from '@datastreamer/format'
import type { FullL2Block } from '@datastreamer/sequencer-entries'
import { throwIfAborted } from '../abort.ts'
import { type Codecs, portableCodecs } from '../codecs/codecs.ts'
import { ChainError } from '../errors.ts'
import { orderSegments, type SegmentFacts } from '../segment/order-segments.ts'
import { samePoint } from '../segment/point.ts'
import { findBookmark } from './find-bookmark.ts'
import { openSegment, type Segment } from './open-segment.ts'
import { readBlock } from './read-block.ts'
import { verifiedRuns } from './verify-segment.ts'

/** A segment that is opened when it is read, and closed after. */
export interface SegmentFile {
  /** As people call it, for messages: a path. */
  readonly name: string
  open(): (ByteSource & Partial<AsyncDisposable>) | Promise<ByteSource & Partial<AsyncDisposable>>
}

export interface OpenArchiveOptions {
  /** (default {@link portableCodecs}) */
  readonly codecs?: Codecs | undefined
  /** Called with what went wrong with a segment; what it returns is thrown (default: that error). */
  readonly explain?: ((name: string, error: unknown) => unknown) | undefined
}

type ClosedSegment = SegmentFacts & { readonly file: SegmentFile }

/**
 * Segments of one stream that follow each other, as an entry source. One segment is open at a time.
 *
 * **Verification.** All of a segment is checked while it is read: what was delivered of it is known to be right once the
 * reading comes to the next segment or ends. Where a `to` lies within a segment, the rest is read and checked as well.
 *
 * @see docs/spec/archive.md
 */
export class Archive implements EntrySource {
  /** As people call it: that of its first segment. */
  readonly name: string
  readonly segments: readonly [SegmentFacts, ...SegmentFacts[]]
  readonly #segments: readonly [ClosedSegment, ...ClosedSegment[]]
  readonly codecs: Codecs
  readonly #explain: (name: string, error: unknown) => unknown

  private constructor(
    segments: readonly [ClosedSegment, ...ClosedSegment[]],
    { codecs = portableCodecs, explain = (_, error) => error }: OpenArchiveOptions,
  ) {
    this.name = segments[0].name
    this.segments = segments
    this.#segments = segments
    this.codecs = codecs
    this.#explain = explain
  }

  /**
   * Open segments in any order. Reads the first and last records of each.
   *
   * @throws {ChainError} if they do not follow each other
   * @throws {SegmentError} @throws {E2StoreError}
   */
  static async open(files: readonly SegmentFile[], options: OpenArchiveOptions = {}): Promise<Archive> {
    const { codecs = portableCodecs, explain = (_, error) => error } = options
    const segments: ClosedSegment[] = []
    for (const file of files)
      segments.push(await withSegment(file, codecs, explain, async (segment) => factsOf(file, segment)))
    return new Archive(orderSegments(segments), options)
  }

  get #last(): ClosedSegment {
    return this.#segments.at(-1) ?? this.#segments[0]
  }

  /** Number of the first entry. */
  get firstEntry(): bigint {
    return this.#segments[0].header.start.number
  }

  getHeader(): Header {
    const { header, end } = this.#last
    return { ...header.identity, totalEntries: end.number, totalLength: end.position }
  }

  async *entries(options: EntriesOptions = {}): AsyncGenerator<Entry, void, void> {
    for await (const batch of this.batches(options)) yield* batch
  }

  /**
   * The entries of a record at a time; their data lives on. Throws, beside what every entry source does, for a damaged
   * segment.
   *
   * @throws {SegmentError} @throws {E2StoreError}
   */
  async *batches({ from = 0n, to, types, signal }: EntriesOptions = {}): AsyncGenerator<readonly Entry[], void, void> {
    throwIfAborted(signal)
    const wanted = entryTypesOf(types)
    const first = from === 'latest' ? this.#last.end.number : await this.#numberOf(from, 'FROM_NOT_FOUND', signal)
    const next = to === undefined ? this.#last.end.number : (await this.#numberOf(to, 'TO_NOT_FOUND', signal)) + 1n
    this.#checkBounds(first, next, typeof to === 'object')
    for (const closed of this.#segments) {
      if (closed.end.number <= first) continue
      if (closed.header.start.number >= next) return
      const isWanted = ({ number, type }: Entry): boolean =>
        number >= first && number < next && (wanted?.has(type) ?? true)
      yield* this.#read(closed, signal, isWanted)
    }
  }

  /** An L2 block, `undefined` if no segment has it. Reads the one record that the index names, where it can. */
  async block(number: bigint): Promise<FullL2Block | undefined> {
    const closed = this.#segments.find(
      ({ firstBlock, blocks }) =>
        firstBlock !== undefined && number >= firstBlock && number < firstBlock + BigInt(blocks),
    )
    return closed && this.withSegment(closed, (segment) => readBlock(segment, number))
  }

  /** Open one of {@link segments}, and close it when it was used. @throws {ChainError} if it was changed meanwhile */
  async withSegment<T>(facts: SegmentFacts, use: (segment: Segment) => Promise<T>): Promise<T> {
    const closed = this.#segments.find((each) => each === facts)
    if (closed === undefined) throw new RangeError(`${facts.name} is not of this archive`)
    return withSegment(closed.file, this.codecs, this.#explain, async (segment) => {
      checkUnchanged(segment, closed)
      return use(segment)
    })
  }

  async *#read(
    closed: ClosedSegment,
    signal: EntriesOptions['signal'],
    wanted: (entry: Entry) => boolean,
  ): AsyncGenerator<readonly Entry[], void, void> {
    const source = await closed.file.open()
    try {
      const segment = await openSegment(source, this.codecs)
      checkUnchanged(segment, closed)
      for await (const run of verifiedRuns(segment, { signal })) {
        const entries = decodeEntries(run.bytes).filter(wanted)
        if (entries.length > 0) yield entries
      }
    } catch (error) {
      throw this.#explain(closed.name, error)
    } finally {
      await source[Symbol.asyncDispose]?.()
    }
  }

  #numberOf(bound: EntriesTo, code: NotFoundError['code'], signal: EntriesOptions['signal']): Promise<bigint> | bigint {
    if (typeof bound === 'object') return this.#findBookmark(bound.bookmark, code, signal)
    return u64Of(bound, code === 'FROM_NOT_FOUND' ? 'from' : 'to')
  }

  /** Throw unless the archive has the entries from number `first` to before `next`. */
  #checkBounds(first: bigint, next: bigint, isBookmark: boolean): void {
    const { number: head } = this.#last.end
    const has = head === this.firstEntry ? 'no entries' : `entries ${this.firstEntry} to ${head - 1n}`
    if (first < this.firstEntry || first > head) {
      throw new NotFoundError('FROM_NOT_FOUND', `no entry ${first}, the archive has ${has}`)
    }
    if (next <= first && isBookmark) {
      throw new NotFoundError('TO_NOT_FOUND', `the end, entry ${next - 1n}, is before the start, entry ${first}`)
    }
    if (next > first && next > head) {
      throw new NotFoundError('TO_NOT_FOUND', `no entry ${next - 1n}, the archive has ${has}`)
    }
  }

  /** Number of the last entry that is this bookmark. */
  async #findBookmark(
    bookmark: Uint8Array,
    code: NotFoundError['code'],
    signal: EntriesOptions['signal'],
  ): Promise<bigint> {
    for (const closed of this.#segments.toReversed()) {
      const found = await this.withSegment(closed, (segment) => findBookmark(segment, bookmark, signal))
      if (found !== undefined) return found
    }
    throw new NotFoundError(code, 'the archive has no such bookmark')
  }
}

function factsOf(file: SegmentFile, { header, end, firstBlock, blocks, source }: Segment): ClosedSegment {
  return { name: file.name, file, header, end, firstBlock, blocks, size: source.size }
}

function checkUnchanged({ header, end }: Segment, facts: SegmentFacts): void {
  if (samePoint(header.start, facts.header.start) && samePoint(end, facts.end)) return
  throw new ChainError('BROKEN_CHAIN', `${facts.name} was changed since it was opened`)
}

async function withSegment<T>(
  file: SegmentFile,
  codecs: Codecs,
  explain: (name: string, error: unknown) => unknown,
  use: (segment: Segment) => Promise<T>,
): Promise<T> {
  const source = await file.open()
  try {
    return await use(await openSegment(source, codecs))
  } catch (error) {
    throw explain(file.name, error)
  } finally {
    await source[Symbol.asyncDispose]?.()
  }
}

import {
  concatBytes,
  type Header,
  NotFoundError,
  type OperationEvent,
  type OperationSource,
  TruncatedError,
} from '@datastreamer/format'
import { buildSegments } from '../layout-2/build-segments.ts'
import type { SegmentLeaf } from '../leaf/leaf.ts'
import { type IdentityFields, sameIdentity } from '../segment/header.ts'
import { type StreamPoint, sameBytes } from '../segment/point.ts'
import type { Sha256 } from '../sha256.ts'
import type { SegmentMaking } from './making.ts'
import { PointCheck } from './point-check.ts'
import { PublishError } from './publish-error.ts'
import type { StopSignal } from './stop.ts'

/** How a stream stands to points of a history. */
export type StreamFit =
  /** Its entries lead from one to the next. */
  | 'fits'
  | 'differs'
  /** It ends before the last of them, and fits so far. */
  | 'short'

export interface StreamViewOptions {
  readonly source: OperationSource
  readonly sha256: Sha256
  readonly signal: StopSignal
  readonly making: () => Promise<SegmentMaking>
}

/** What the publisher asks of the stream, besides reading on: parts of it, again. */
export class StreamView {
  readonly #options: StreamViewOptions

  constructor(options: StreamViewOptions) {
    this.#options = options
  }

  /** The header, of the stream that it has to be. @throws {PublishError} `OTHER_STREAM` */
  async header(identity: IdentityFields): Promise<Header> {
    const header = await this.#options.source.getHeader()
    if (sameIdentity(header, identity)) return header
    throw new PublishError('OTHER_STREAM', `the history is of ${nameOf(identity)}, the stream is ${nameOf(header)}`)
  }

  /** Whether the stream's entries after a point lead to each of those that follow it. */
  async fit(start: StreamPoint, points: readonly StreamPoint[]): Promise<StreamFit> {
    const last = points.at(-1) ?? start
    const { source, sha256 } = this.#options
    const { totalEntries } = await source.getHeader()
    const isShort = totalEntries < last.number
    const stop = isShort ? totalEntries : last.number
    const check = new PointCheck(start, points, sha256)
    if (stop <= start.number) return check.isDone ? 'fits' : 'short'
    try {
      for await (const event of this.#read(start.number, stop)) {
        if (event.kind === 'entries' && !check.take(event.entries)) return 'differs'
      }
    } catch (error) {
      if (!(error instanceof TruncatedError || error instanceof NotFoundError)) throw error
      // It was truncated while it was read: look again at what it is now.
      return this.fit(start, points)
    }
    return check.isDone ? 'fits' : 'short'
  }

  /**
   * Make the file of a segment again; `undefined` if that does not give the same bytes: the stream or the compressor is
   * another, or other operation boundaries are known.
   */
  async remake({ start, end, sha256 }: SegmentLeaf): Promise<Uint8Array | undefined> {
    if ((await this.fit(start, [end])) !== 'fits') return undefined
    const making = await this.#options.making()
    for await (const made of buildSegments(this.#upTo(end.number, start.number), { ...making, start, rest: true })) {
      return sameBytes(made.sha256, sha256) ? concatBytes(made.chunks) : undefined
    }
    return undefined
  }

  /** What a segment was made of: its entries, and the boundary after the last one, which comes with the next entry. */
  async *#upTo(end: bigint, from: bigint): AsyncGenerator<OperationEvent, void, void> {
    const { totalEntries } = await this.#options.source.getHeader()
    for await (const event of this.#read(from, totalEntries > end ? end + 1n : totalEntries)) {
      if (event.kind === 'operationBoundary') yield event
      else yield { kind: 'entries', entries: event.entries.filter(({ number }) => number < end) }
      if (event.kind === 'entries' && (event.entries.at(-1)?.number ?? 0n) >= end) return
    }
  }

  /** The entries from one on, up to but without another. */
  #read(from: bigint, stop: bigint): AsyncIterable<OperationEvent> {
    const { source, signal } = this.#options
    return source.operations({ from, to: stop - 1n, follow: false, signal })
  }
}

function nameOf({ generation, version, systemId, streamType }: IdentityFields): string {
  return `generation ${generation}, version ${version}, system id ${systemId}, stream type ${streamType}`
}

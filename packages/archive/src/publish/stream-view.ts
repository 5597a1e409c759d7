import {
  concatBytes,
  type Entry,
  encodeEntry,
  type Header,
  NotFoundError,
  type OperationEvent,
  type OperationSource,
  TruncatedError,
} from '@datastreamer/format'
import { sameIdentity } from '../leaf/check-follows.ts'
import type { SegmentLeaf } from '../leaf/leaf.ts'
import { DigestChain } from '../segment/digest-chain.ts'
import type { IdentityFields } from '../segment/header.ts'
import { type StreamPoint, samePoint } from '../segment/point.ts'
import type { Sha256 } from '../sha256.ts'
import { PublishError } from './publish-error.ts'
import { type BeginCutting, sameFile } from './segment-cutting.ts'
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
  readonly cutting: BeginCutting
  readonly signal: StopSignal
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
    const last = points.at(-1)
    if (last === undefined || last.number <= start.number) return 'fits'
    const { totalEntries } = await this.#options.source.getHeader()
    const stop = totalEntries < last.number ? totalEntries : last.number
    const check = new PointCheck(start, points, this.#options.sha256)
    try {
      if (stop > start.number) {
        for await (const { entries } of entriesOf(this.#read(start.number, stop)))
          if (!check.take(entries)) return 'differs'
      }
    } catch (error) {
      // It was shortened while it was read: the next look sees how.
      if (error instanceof TruncatedError || error instanceof NotFoundError) return this.fit(start, points)
      throw error
    }
    return check.isDone ? 'fits' : 'short'
  }

  /** Make the file of a segment again; `undefined` if that does not give the same bytes. */
  async remake(leaf: SegmentLeaf): Promise<Uint8Array | undefined> {
    if ((await this.fit(leaf.start, [leaf.end])) !== 'fits') return undefined
    const cutting = this.#options.cutting(leaf.start)
    const cuts = []
    for await (const event of this.#read(leaf.start.number, leaf.end.number)) cuts.push(...(await cutting.push(event)))
    const [first = await cutting.rest()] = cuts
    return first !== undefined && sameFile(first.leaf, leaf) ? concatBytes(first.file) : undefined
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

async function* entriesOf(
  events: AsyncIterable<OperationEvent>,
): AsyncGenerator<Extract<OperationEvent, { kind: 'entries' }>, void, void> {
  for await (const event of events) if (event.kind === 'entries') yield event
}

/** Counts the digest on from a point over entries, and compares it where it passes others. */
export class PointCheck {
  readonly #chain: DigestChain
  readonly #points: readonly StreamPoint[]
  #passed = 0

  constructor(start: StreamPoint, points: readonly StreamPoint[], sha256: Sha256) {
    this.#chain = new DigestChain(start, sha256)
    this.#points = points
  }

  /** Whether the last point was passed. */
  get isDone(): boolean {
    return this.#passed === this.#points.length
  }

  /** Take the next entries; whether every point so far fits. */
  take(entries: readonly Entry[]): boolean {
    for (const entry of entries) {
      const next = this.#points[this.#passed]
      if (next === undefined) return true
      this.#chain.append(encodeEntry(entry))
      if (this.#chain.number < next.number) continue
      if (!samePoint(this.#chain.point(), next)) return false
      this.#passed++
    }
    return true
  }
}

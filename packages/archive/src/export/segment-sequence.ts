import type { ByteSink } from '@datastreamer/e2store'
import type { Header } from '@datastreamer/format'
import type { Generation } from '@datastreamer/sequencer-entries'
import { ExportError } from '../errors.ts'
import { DigestChain } from '../segment/digest-chain.ts'
import type { SegmentHeader } from '../segment/header.ts'
import type { StreamPoint } from '../segment/point.ts'
import { segmentNameOf } from '../segment/segment-name.ts'
import type { Sha256 } from '../sha256.ts'
import type { OperationRun } from './operation-splitter.ts'
import { SegmentWriter } from './segment-writer.ts'

/** Where a segment is written. Disposed of without {@link commit}, nothing of it stays. */
export interface SegmentSink extends ByteSink, AsyncDisposable {
  /** All is written: keep it under this name, that of its content. Another segment of that name is the same. */
  commit(name: string): Promise<void>
}

/** A segment that was written. */
export interface WrittenSegment {
  readonly name: string
  readonly header: SegmentHeader
  readonly end: StreamPoint
  readonly firstBlock: bigint | undefined
  readonly blocks: number
}

export interface SegmentSequenceOptions {
  readonly header: Header
  readonly encoding: Generation | undefined
  readonly perSegment: number
  readonly create: (name: string) => Promise<SegmentSink>
  readonly sha256: Sha256
}

/** Writes segment after segment, one of which is open at a time. docs/spec/archive.md §5. */
export class SegmentSequence implements AsyncDisposable {
  readonly #options: SegmentSequenceOptions
  readonly #chain: DigestChain
  #open: { readonly writer: SegmentWriter; readonly sink: SegmentSink } | undefined
  /** Batch of the last run that said one. */
  #batch: bigint | undefined
  #written = 0

  constructor(options: SegmentSequenceOptions) {
    this.#options = options
    this.#chain = DigestChain.atStart(options.header, options.sha256)
  }

  /** Go past an entry that is not archived. */
  pass(entry: Uint8Array): void {
    this.#chain.append(entry)
    this.#checkLayout()
  }

  /** Add the next run; gives the segment that ended before it. */
  async *add(run: OperationRun): AsyncGenerator<WrittenSegment, void, void> {
    if (this.#endsBefore(run)) yield* this.#finish()
    this.#batch = run.batch ?? this.#batch
    const { writer } = await this.#opened()
    await writer.add(run)
    this.#checkLayout()
  }

  /** There are no more; gives the last segment. A stream without entries is archived as one. */
  async *end(): AsyncGenerator<WrittenSegment, void, void> {
    if (this.#written === 0) await this.#opened()
    yield* this.#finish()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open?.sink[Symbol.asyncDispose]()
  }

  #endsBefore({ startsOperation, batch, block }: OperationRun): boolean {
    const { perSegment, encoding } = this.#options
    const writer = this.#open?.writer
    if (writer === undefined || !startsOperation) return false
    if (encoding === undefined) return this.#chain.number - writer.header.start.number >= BigInt(perSegment)
    if (writer.isFull && block !== undefined) return true
    return writer.blocks >= perSegment && batch !== undefined && batch !== this.#batch
  }

  async #opened(): Promise<{ readonly writer: SegmentWriter; readonly sink: SegmentSink }> {
    if (this.#open !== undefined) return this.#open
    const { header, create, encoding, sha256 } = this.#options
    const { generation, version, systemId, streamType } = header
    const identity = { generation, version, systemId, streamType }
    const sink = await create(`${systemId}-${this.#chain.number}.e2ds`)
    try {
      const writer = await SegmentWriter.begin(sink, { identity, encoding }, this.#chain, sha256)
      this.#open = { writer, sink }
      return this.#open
    } catch (error) {
      await sink[Symbol.asyncDispose]()
      throw error
    }
  }

  async *#finish(): AsyncGenerator<WrittenSegment, void, void> {
    if (this.#open === undefined) return
    const { writer, sink } = this.#open
    const end = await writer.finish()
    const name = segmentNameOf(writer.header, end)
    await sink.commit(name)
    this.#open = undefined
    this.#written++
    const { header, firstBlock, blocks } = writer
    yield { name, header, end, firstBlock, blocks }
  }

  /** Throw unless all entries together take the bytes that the stream says. */
  #checkLayout(): void {
    const { totalEntries, totalLength } = this.#options.header
    if (this.#chain.number !== totalEntries) return
    const { position } = this.#chain.point()
    if (position === totalLength) return
    const message = `${totalEntries} entries should take ${position} bytes, the stream has ${totalLength}`
    throw new ExportError('LAYOUT_DIFFERS', message)
  }
}

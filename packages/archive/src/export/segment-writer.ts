import { type ByteSink, encodeRecordHeader, RecordWriter } from '@datastreamer/e2store'
import type { IncrementalHash } from '@datastreamer/e2store/execution'
import { snappyFramedEncode } from '@datastreamer/e2store/snappy'
import { concatBytes } from '@datastreamer/format'
import { ExportError } from '../errors.ts'
import { MAX_BLOCKS, RUN_BYTES } from '../layout-1/limits.ts'
import { END_BYTES, encodeEnd } from '../layout-1/segment-end.ts'
import { encodeSegmentIndex } from '../layout-1/segment-index.ts'
import type { DigestChain } from '../segment/digest-chain.ts'
import { encodeHeader, type SegmentHeader } from '../segment/header.ts'
import type { StreamPoint } from '../segment/point.ts'
import { SegmentRecordType } from '../segment/record-type.ts'
import type { Sha256 } from '../sha256.ts'
import type { OperationRun } from './operation-splitter.ts'

/** Writes one segment. docs/spec/archive.md §2. */
export class SegmentWriter {
  readonly header: SegmentHeader
  readonly #sink: ByteSink
  readonly #sum: IncrementalHash
  readonly #records: RecordWriter
  readonly #chain: DigestChain
  #entries: Uint8Array[] = []
  #bytes = 0
  /** Blocks that begin among the entries that are not written yet. */
  #pendingBlocks = 0
  #firstBlock: bigint | undefined
  readonly #targets: number[] = []

  private constructor(sink: ByteSink, header: SegmentHeader, chain: DigestChain, sum: IncrementalHash) {
    this.header = header
    this.#sink = sink
    this.#sum = sum
    this.#chain = chain
    this.#records = new RecordWriter({
      get position() {
        return sink.position
      },
      async write(bytes) {
        sum.update(bytes)
        await sink.write(bytes)
      },
    })
  }

  /** @param chain the point before the segment's first entry; what is added is appended to it */
  static async begin(
    sink: ByteSink,
    identity: Pick<SegmentHeader, 'identity' | 'encoding'>,
    chain: DigestChain,
    sha256: Sha256,
  ): Promise<SegmentWriter> {
    const header: SegmentHeader = { layout: 1, ...identity, start: chain.point() }
    const writer = new SegmentWriter(sink, header, chain, sha256.create())
    await writer.#records.writeVersion()
    await writer.#records.write(SegmentRecordType.StreamHeader, encodeHeader(header))
    return writer
  }

  /** Blocks that it holds so far. */
  get blocks(): number {
    return this.#targets.length + this.#pendingBlocks
  }

  get firstBlock(): bigint | undefined {
    return this.#firstBlock
  }

  /** Whether there is no room for another block. */
  get isFull(): boolean {
    return this.blocks === MAX_BLOCKS
  }

  /** Add the next run of the stream. @throws {ExportError} if its block does not follow the one before */
  async add({ entries, bytes, block }: OperationRun): Promise<void> {
    if (this.#bytes > 0 && this.#bytes + bytes > RUN_BYTES) await this.#flush()
    if (block !== undefined) this.#addBlock(block)
    for (const entry of entries) {
      this.#chain.append(entry)
      this.#entries.push(entry)
    }
    this.#bytes += bytes
  }

  /** Write what ends the segment; gives the point of the stream where it ends. */
  async finish(): Promise<StreamPoint> {
    await this.#flush()
    const end = this.#chain.point()
    const checked = [encodeRecordHeader(SegmentRecordType.StreamEnd, END_BYTES), encodeEnd(end)]
    for (const bytes of checked) {
      this.#sum.update(bytes)
      await this.#sink.write(bytes)
    }
    await this.#sink.write(this.#sum.digest())
    const { position } = this.#sink
    await this.#sink.write(encodeSegmentIndex({ position, first: this.#firstBlock ?? 0n, targets: this.#targets }))
    return end
  }

  #addBlock(block: bigint): void {
    this.#firstBlock ??= block
    const expected = this.#firstBlock + BigInt(this.blocks)
    if (block !== expected) {
      throw new ExportError('NO_SEQUENCER_STREAM', `block ${block} where block ${expected} was to follow`)
    }
    this.#pendingBlocks++
  }

  async #flush(): Promise<void> {
    if (this.#bytes === 0) return
    const data = snappyFramedEncode(concatBytes(this.#entries))
    const position = await this.#records.write(SegmentRecordType.StreamEntries, data)
    for (; this.#pendingBlocks > 0; this.#pendingBlocks--) this.#targets.push(position)
    this.#entries = []
    this.#bytes = 0
  }
}

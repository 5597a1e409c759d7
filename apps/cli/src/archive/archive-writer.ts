import { createHash } from 'node:crypto'
import { type ByteSink, encodeRecordHeader, RecordWriter } from '@datastreamer/e2store'
import { snappyFramedEncode } from '@datastreamer/e2store/snappy'
import { encodeBlockTable } from './block-table.ts'
import { ExportError } from './errors.ts'
import {
  type ArchiveHeader,
  ArchiveType,
  END_BYTES,
  encodeEnd,
  encodeHeader,
  MAX_BLOCKS,
  RUN_BYTES,
  type StreamPoint,
} from './layout.ts'
import type { Piece } from './pieces.ts'
import type { StreamCursor } from './stream-cursor.ts'

/** Writes one archive. docs/spec/archive.md §2. */
export class ArchiveWriter {
  readonly header: ArchiveHeader
  readonly #sink: ByteSink
  readonly #sum = createHash('sha256')
  readonly #records: RecordWriter
  readonly #cursor: StreamCursor
  #run: Uint8Array[] = []
  #runBytes = 0
  /** Blocks that begin in the run. */
  #runBlocks = 0
  #firstBlock: bigint | undefined
  readonly #targets: number[] = []

  private constructor(sink: ByteSink, header: ArchiveHeader, cursor: StreamCursor) {
    const sum = this.#sum
    this.header = header
    this.#sink = sink
    this.#cursor = cursor
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

  /** @param cursor where the stream is: in front of the file's first entry; it goes on with what is added */
  static async begin(
    sink: ByteSink,
    identity: Pick<ArchiveHeader, 'identity' | 'encoding'>,
    cursor: StreamCursor,
  ): Promise<ArchiveWriter> {
    const header = { ...identity, start: cursor.point() }
    const writer = new ArchiveWriter(sink, header, cursor)
    await writer.#records.writeVersion()
    await writer.#records.write(ArchiveType.StreamHeader, encodeHeader(header))
    return writer
  }

  /** Blocks that it holds so far. */
  get blocks(): number {
    return this.#targets.length + this.#runBlocks
  }

  get firstBlock(): bigint | undefined {
    return this.#firstBlock
  }

  /** Whether another block has room. */
  get isFull(): boolean {
    return this.blocks === MAX_BLOCKS
  }

  /** Add the next piece of the stream. @throws {ExportError} if its block does not follow the one before */
  async add({ entries, bytes, block }: Piece): Promise<void> {
    if (this.#runBytes > 0 && this.#runBytes + bytes > RUN_BYTES) await this.#flush()
    if (block !== undefined) this.#addBlock(block)
    for (const entry of entries) {
      this.#cursor.push(entry)
      this.#run.push(entry)
    }
    this.#runBytes += bytes
  }

  /** Write what ends the file; gives the place in the stream where it ends. */
  async finish(): Promise<StreamPoint> {
    await this.#flush()
    const end = this.#cursor.point()
    const checked = Buffer.concat([encodeRecordHeader(ArchiveType.StreamEnd, END_BYTES), encodeEnd(end)])
    await this.#sink.write(checked)
    await this.#sink.write(this.#sum.update(checked).digest())
    const position = this.#sink.position
    await this.#sink.write(encodeBlockTable({ position, first: this.#firstBlock ?? 0n, targets: this.#targets }))
    return end
  }

  #addBlock(block: bigint): void {
    this.#firstBlock ??= block
    const expected = this.#firstBlock + BigInt(this.blocks)
    if (block !== expected) {
      throw new ExportError('NO_SEQUENCER_STREAM', `block ${block} where block ${expected} was to follow`)
    }
    this.#runBlocks++
  }

  async #flush(): Promise<void> {
    if (this.#runBytes === 0) return
    const data = snappyFramedEncode(Buffer.concat(this.#run))
    const position = await this.#records.write(ArchiveType.StreamEntries, data)
    for (; this.#runBlocks > 0; this.#runBlocks--) this.#targets.push(position)
    this.#run = []
    this.#runBytes = 0
  }
}

import type { ByteSink } from '../../io/byte-sink.ts'
import { RecordType } from '../../records/record-type.ts'
import { RecordWriter } from '../../records/write.ts'
import type { SnappyCodec } from '../../snappy/codec.ts'
import { snappyFramedEncode } from '../../snappy/encode.ts'
import type { ArchiveIdentity } from '../archive/archive-name.ts'
import { type ArchiveKind, type Column, columnType } from '../archive/layout.ts'

export interface WriteOptions {
  readonly codec?: SnappyCodec
}

/** What was written. */
export interface WrittenArchive {
  /** With a network, it gives the file's name. */
  readonly identity: ArchiveIdentity
  readonly count: number
  /** The accumulator record's content, 32 bytes. */
  readonly accumulator?: Uint8Array
}

/** Writes the records of one kind of archive. */
export class ColumnWriter {
  readonly #records: RecordWriter
  readonly #kind: ArchiveKind
  readonly #codec: SnappyCodec | undefined

  constructor(sink: ByteSink, kind: ArchiveKind, { codec }: WriteOptions) {
    this.#records = new RecordWriter(sink)
    this.#kind = kind
    this.#codec = codec
  }

  /** Where the next record begins. */
  get position(): number {
    return this.#records.position
  }

  async version(): Promise<void> {
    if (this.position !== 0) throw new RangeError(`an archive begins at byte 0, but the sink is at ${this.position}`)
    await this.#records.writeVersion()
  }

  /** Write a record of a column, compressed unless it is a total difficulty; returns where it begins. */
  async write(column: Column, content: Uint8Array): Promise<number> {
    const type = columnType(this.#kind, column)
    if (type === undefined) throw new RangeError(`${this.#kind} files have no column ${column}`)
    if (type === RecordType.TotalDifficulty) {
      if (content.length !== 32) throw new RangeError(`total difficulty of ${content.length} bytes, expected 32`)
      return this.#records.write(type, content)
    }
    return this.#records.write(type, snappyFramedEncode(content, this.#codec ? { codec: this.#codec } : {}))
  }

  async accumulator(root: Uint8Array): Promise<void> {
    await this.#records.write(RecordType.Accumulator, root)
  }
}

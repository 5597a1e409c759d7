import type { ByteSink } from '../io/byte-sink.ts'
import { encodeRecordHeader } from './record.ts'
import { RecordType } from './record-type.ts'

/** Writes records to a sink. */
export class RecordWriter {
  readonly #sink: ByteSink

  constructor(sink: ByteSink) {
    this.#sink = sink
  }

  /** Where the next record will begin. */
  get position(): number {
    return this.#sink.position
  }

  /** Write one record; returns where it begins. */
  async write(type: number, data: Uint8Array): Promise<number> {
    const position = this.#sink.position
    await this.#sink.write(encodeRecordHeader(type, data.length))
    if (data.length > 0) await this.#sink.write(data)
    return position
  }

  /** Write the Version record that a file begins with, or a part of one. */
  async writeVersion(): Promise<number> {
    return this.write(RecordType.Version, new Uint8Array(0))
  }
}

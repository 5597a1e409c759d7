import { type E2Record, RECORD_HEADER_BYTES } from '../../records/record.ts'
import { RecordType } from '../../records/record-type.ts'
import type { SnappyCodec } from '../../snappy/codec.ts'
import { FramedDecoder } from '../../snappy/framed.ts'
import type { Arena } from './arena.ts'
import type { BlockPayloads } from './block.ts'
import type { Column, Layout } from './layout.ts'
import type { Row } from './row-reader.ts'

/** The index of each column in a row; -1 for those that the file does not have. */
export type ColumnIndices = Readonly<Record<Column, number>>

export function columnIndices({ columns }: Layout): ColumnIndices {
  return {
    header: 0,
    body: columns.indexOf('body'),
    receipts: columns.indexOf('receipts'),
    totalDifficulty: columns.indexOf('totalDifficulty'),
    proof: columns.indexOf('proof'),
  }
}

export interface RowDecoderOptions {
  readonly codec?: SnappyCodec
  /** Largest decompressed record, in bytes (default 64 MiB). */
  readonly maxPayloadBytes?: number
}

const DEFAULT_MAX_PAYLOAD = 64 * 1_048_576

/** Decompresses the records of rows into memory from an arena. */
export class RowDecoder {
  readonly #columns: ColumnIndices
  readonly #framed: FramedDecoder

  constructor(
    columns: ColumnIndices,
    arena: Arena,
    { codec, maxPayloadBytes = DEFAULT_MAX_PAYLOAD }: RowDecoderOptions = {},
  ) {
    this.#columns = columns
    this.#framed = new FramedDecoder({
      ...{ maxBytes: maxPayloadBytes, allocate: (size) => arena.take(size) },
      ...(codec && { codec }),
    })
  }

  /** The contents of a row. Throws as `snappyFramedDecode`. */
  payloads(number: bigint, row: Row): BlockPayloads {
    const at = this.#columns
    return {
      number,
      header: this.#content(row[0]),
      body: this.#content(row[at.body]),
      receipts: this.#content(row[at.receipts]),
      totalDifficulty: this.#content(row[at.totalDifficulty]),
      proof: this.#content(row[at.proof]),
      positions: {
        header: row[0]?.position,
        body: row[at.body]?.position,
        receipts: row[at.receipts]?.position,
        totalDifficulty: row[at.totalDifficulty]?.position,
        proof: row[at.proof]?.position,
      },
    }
  }

  #content(record: E2Record | undefined): Uint8Array | undefined {
    if (record === undefined || record.type === RecordType.TotalDifficulty) return record?.data
    return this.#framed.decode(record.data, record.position + RECORD_HEADER_BYTES)
  }
}

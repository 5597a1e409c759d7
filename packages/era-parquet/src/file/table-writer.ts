import type { ByteSink } from '@datastreamer/e2store'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { ExportError } from '../errors.ts'
import { type Column, type ColumnValue, DECIMAL_DIGITS, parquetSchema } from '../tables/column.ts'

export interface TableWriterOptions {
  /** Most rows of a row group (default 65,536). */
  readonly rowGroupRows?: number | undefined
  /** Bytes of values after which a row group is written (default 4 MiB). */
  readonly rowGroupBytes?: number | undefined
  /** Compresses a block by Snappy; by default what the Parquet library brings. */
  readonly compress?: ((bytes: Uint8Array) => Uint8Array) | undefined
  /** Kept in the file. */
  readonly metadata: Readonly<Record<string, string>>
}

const MIB = 1_048_576
const DECIMAL_LIMIT = 10n ** BigInt(DECIMAL_DIGITS)
const INTEGER_LIMIT = 2n ** 63n
const VALUE_BYTES = 16

/** Writes rows to a Parquet file; holds one row group. */
export class TableWriter<Row> {
  readonly #columns: readonly Column<Row>[]
  readonly #sink: ByteSink
  readonly #bytes = new ByteWriter(MIB)
  readonly #parquet: ParquetWriter
  readonly #rowGroupRows: number
  readonly #rowGroupBytes: number
  /** Values of the row group, by column. */
  readonly #values: ColumnValue[][]
  #groupRows = 0
  #groupBytes = 0
  #rows = 0

  constructor(columns: readonly Column<Row>[], sink: ByteSink, options: TableWriterOptions) {
    this.#columns = columns
    this.#sink = sink
    this.#rowGroupRows = options.rowGroupRows ?? 65_536
    this.#rowGroupBytes = options.rowGroupBytes ?? 4 * MIB
    this.#values = columns.map(() => [])
    this.#parquet = new ParquetWriter({
      writer: this.#bytes,
      schema: parquetSchema(columns),
      codec: 'SNAPPY',
      ...(options.compress && { compressors: { SNAPPY: options.compress } }),
      kvMetadata: Object.entries(options.metadata).map(([key, value]) => ({ key, value })),
      createdBy: 'datastreamer',
    })
  }

  /** Rows added so far. */
  get rows(): number {
    return this.#rows
  }

  /** Whether the row group has to be written before more is added. */
  get isFull(): boolean {
    return this.#groupRows >= this.#rowGroupRows || this.#groupBytes >= this.#rowGroupBytes
  }

  /**
   * Add a row of a block.
   *
   * @throws {ExportError} `TOO_LARGE`
   */
  add(row: Row, block: bigint): void {
    for (const [i, column] of this.#columns.entries()) {
      const value = column.value(row)
      this.#groupBytes += checkedSize(column, value, block)
      ;(this.#values[i] as ColumnValue[]).push(value)
    }
    this.#rows++
    this.#groupRows++
  }

  /** Write what is left, and the end of the file. */
  async finish(): Promise<void> {
    await this.flush()
    await this.#parquet.finish()
    await this.#write()
  }

  /** Write the row group. */
  async flush(): Promise<void> {
    if (this.#groupRows === 0) return
    const columnData = this.#columns.map(({ name }, i) => ({ name, data: this.#values[i] as unknown[] }))
    await this.#parquet.write({ columnData, rowGroupSize: this.#groupRows })
    for (const values of this.#values) values.length = 0
    this.#groupRows = 0
    this.#groupBytes = 0
    await this.#write()
  }

  async #write(): Promise<void> {
    await this.#sink.write(this.#bytes.getBytes())
    this.#bytes.index = 0
  }
}

/** Bytes that a value takes in memory, about. @throws {ExportError} `TOO_LARGE` */
function checkedSize({ name, kind }: Column<never>, value: ColumnValue, block: bigint): number {
  if (typeof value === 'string') return value.length
  if (typeof value === 'object') return value.reduce((sum, each) => sum + each.length, 0)
  if (value === undefined) return 0
  if (value >= (kind === 'decimal' ? DECIMAL_LIMIT : INTEGER_LIMIT)) {
    const limit = kind === 'decimal' ? `${DECIMAL_DIGITS} digits` : '63 bits'
    throw new ExportError('TOO_LARGE', `${name} ${value} in block ${block} has more than ${limit}`)
  }
  return VALUE_BYTES
}

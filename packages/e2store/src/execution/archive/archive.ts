import { NotInFileError } from '../../errors.ts'
import type { ByteSource } from '../../io/byte-source.ts'
import type { E2Record, RecordOptions } from '../../records/record.ts'
import type { SnappyCodec } from '../../snappy/codec.ts'
import { Arena } from './arena.ts'
import {
  type Block,
  type BlockPayloads,
  type Columns,
  checkNumber,
  checkSameNumber,
  decodeBlock,
  headerRlpOf,
} from './block.ts'
import type { ArchiveKind, Column, Layout } from './layout.ts'
import { type RegionOptions, regionOptions, sequential } from './record-access.ts'
import { type ColumnPlaces, columnPlaces, RowDecoder } from './row-decoder.ts'
import { type Row, RowReader } from './row-reader.ts'
import { type ReadRow, rowsByNumber } from './rows-by-number.ts'

export interface ArchiveOptions extends Pick<RecordOptions, 'maxRecordBytes' | 'legacyLength48'> {
  readonly codec?: SnappyCodec
  /** Largest decompressed record, in bytes (default 64 MiB). */
  readonly maxPayloadBytes?: number
  /**
   * Bytes read at once for a block that is asked for by number, of which 4 MiB are kept: many where asking costs more
   * than reading (default 512 KiB in files of up to 4 MiB; of larger ones what the index says the block takes is read,
   * and nothing is kept).
   */
  readonly pageBytes?: number
}

export interface BlockRange {
  /** First block (default: the file's first). */
  readonly from?: bigint
  /** Block behind the last one (default: behind the file's last). */
  readonly to?: bigint
  /** Columns to read (default: all). The header is always read. */
  readonly columns?: readonly Column[]
}

/** The records of one block as they lie in the file; their data borrow the window they were read in. */
export interface RawBlock extends Columns<E2Record> {
  readonly number: bigint
  readonly header: E2Record
}

const NONE = new Uint8Array(0)
/** Read ahead when going through blocks, for each place of the file that is read from. */
export const WINDOW_BYTES = 262_144
export const ARENA_BYTES = 131_072
/** For contents of blocks that are asked for by number: whoever keeps a block keeps so much. */
const SMALL_ARENA_BYTES = 32_768

/**
 * An open `.era1`, `.ere` or `.e2hs` file: any block by its number, or ranges of them in order.
 *
 * Holds the index in memory, and up to 4 MiB of what was read by number. Calls may overlap. The source stays the caller's to close.
 *
 * @see docs/spec/e2store-execution.md §8
 */
export class BlockArchive {
  readonly layout: Layout
  readonly source: ByteSource
  readonly options: ArchiveOptions
  readonly #recordOptions: RegionOptions
  readonly #readRow: ReadRow
  readonly #decoderByNumber: RowDecoder
  readonly #places: ColumnPlaces

  constructor(source: ByteSource, layout: Layout, options: ArchiveOptions = {}) {
    this.source = source
    this.layout = layout
    this.options = options
    this.#recordOptions = regionOptions(layout, options)
    this.#readRow = rowsByNumber(source, layout, this.#recordOptions, options.pageBytes)
    this.#places = columnPlaces(layout)
    this.#decoderByNumber = this.#decoder(SMALL_ARENA_BYTES)
  }

  get kind(): ArchiveKind {
    return this.layout.kind
  }

  /** Number of the first block. */
  get start(): bigint {
    return this.layout.start
  }

  get count(): number {
    return this.layout.count
  }

  get columns(): readonly Column[] {
    return this.layout.columns
  }

  /** The accumulator that the file holds, 32 bytes. */
  get accumulator(): Uint8Array | undefined {
    return this.layout.accumulator?.root
  }

  /**
   * One block, decoded.
   *
   * @throws {NotInFileError} the file does not hold that block
   * @throws {E2FormatError} `BAD_TARGET`, `UNEXPECTED_TYPE`, `TRUNCATED`, `BAD_SNAPPY`, `BAD_CHECKSUM`, `BAD_RLP`, `BAD_SSZ`
   * @throws {LimitError} a record or its content is larger than allowed
   * @throws {VerificationError} `WRONG_NUMBER`: the index names another block
   */
  async block(number: bigint): Promise<Block> {
    const row = await this.#readRow(this.#indexOf(number), this.columns)
    return this.#decode(number, row, this.#decoderByNumber)
  }

  /** The decompressed records of one block. Throws as {@link block}. */
  async payloads(number: bigint, columns: readonly Column[] = this.columns): Promise<BlockPayloads> {
    const row = await this.#readRow(this.#indexOf(number), columns)
    return this.#checkedPayloads(number, row, this.#decoderByNumber)
  }

  /** The records of one block as they lie in the file. Throws as {@link block}. */
  async raw(number: bigint, columns: readonly Column[] = this.columns): Promise<RawBlock> {
    return this.#rawBlock(number, await this.#readRow(this.#indexOf(number), columns))
  }

  /** Blocks in order, decoded. Throws as {@link block}. */
  iterate(range: Omit<BlockRange, 'columns'> = {}): AsyncGenerator<Block, void, void> {
    const decoder = this.#decoder(ARENA_BYTES)
    return this.#each(range, (number, row) => this.#decode(number, row, decoder))
  }

  /** Blocks in order, decompressed. Throws as {@link block}. */
  iteratePayloads(range: BlockRange = {}): AsyncGenerator<BlockPayloads, void, void> {
    const decoder = this.#decoder(ARENA_BYTES)
    return this.#each(range, (number, row) => this.#checkedPayloads(number, row, decoder))
  }

  /** Blocks in order, as they lie in the file. Throws as {@link block}. */
  iterateRaw(range: BlockRange = {}): AsyncGenerator<RawBlock, void, void> {
    return this.#each(range, (number, row) => this.#rawBlock(number, row))
  }

  async *#each<T>(
    { from, to, columns = this.columns }: BlockRange,
    convert: (number: bigint, row: Row) => T,
  ): AsyncGenerator<T, void, void> {
    const first = from === undefined ? 0 : this.#indexOf(from)
    const end = to === undefined || to === this.start + BigInt(this.count) ? this.count : this.#indexOf(to)
    const { layout, source } = this
    const shared = sequential(source, WINDOW_BYTES, this.#recordOptions)
    const access = layout.columns.map(() =>
      layout.rowwise ? shared : sequential(source, WINDOW_BYTES, this.#recordOptions),
    )
    const rows = new RowReader(layout, access, columns)
    for (let index = first; index < end; index++) {
      yield convert(this.start + BigInt(index), rows.peek(index) ?? (await rows.read(index)))
    }
  }

  #indexOf(number: bigint): number {
    const index = number - this.start
    if (index >= 0n && index < BigInt(this.count)) return Number(index)
    const last = this.start + BigInt(this.count) - 1n
    throw new NotInFileError('NOT_IN_FILE', `block ${number} is not in the file, which has ${this.start} to ${last}`)
  }

  #rawBlock(number: bigint, row: Row): RawBlock {
    const at = this.#places
    const [header] = row
    if (header === undefined) throw new RangeError('an archive without headers')
    return {
      number,
      header,
      body: row[at.body],
      receipts: row[at.receipts],
      totalDifficulty: row[at.totalDifficulty],
      proof: row[at.proof],
    }
  }

  #decoder(arenaBytes: number): RowDecoder {
    return new RowDecoder(this.#places, new Arena(arenaBytes), this.options)
  }

  #decode(number: bigint, row: Row, decoder: RowDecoder): Block {
    const block = decodeBlock(this.kind, decoder.payloads(number, row))
    checkSameNumber(block.header.number, number, row[0]?.position ?? 0)
    return block
  }

  #checkedPayloads(number: bigint, row: Row, decoder: RowDecoder): BlockPayloads {
    const payloads = decoder.payloads(number, row)
    const position = row[0]?.position ?? 0
    checkNumber(headerRlpOf(this.kind, payloads.header ?? NONE, position), number, position)
    return payloads
  }
}

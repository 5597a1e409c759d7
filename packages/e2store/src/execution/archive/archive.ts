import { NotInFileError } from '../../errors.ts'
import type { ByteSource } from '../../io/byte-source.ts'
import { paged } from '../../io/paged.ts'
import type { E2Record, RecordOptions } from '../../records/record.ts'
import type { WindowOptions } from '../../records/window.ts'
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
import type { Deviation } from './deviation.ts'
import type { ArchiveKind, Column, Layout } from './layout.ts'
import { type ColumnIndices, columnIndices, RowDecoder } from './row-decoder.ts'
import { type Row, RowReader, rowWindow } from './row-reader.ts'

export interface ArchiveOptions extends Pick<RecordOptions, 'maxRecordBytes' | 'legacyLength48'> {
  readonly codec?: SnappyCodec
  /** Largest decompressed record, in bytes (default 64 MiB). */
  readonly maxPayloadBytes?: number
  /**
   * Read blocks by number in pages of this many bytes, of which 4 MiB are kept: for sources where each read is expensive
   * (default: 512 KiB for files of up to 4 MiB; of larger files just the block is read, and nothing is kept).
   */
  readonly pageBytes?: number
  /** Most bytes of pages that are kept (default 4 MiB; 0: none, and just what is needed is read). */
  readonly keptBytes?: number
}

export interface BlockRange {
  /** First block (default: the file's first). */
  readonly from?: bigint
  /** The block after the last one (default: the one after the file's last). */
  readonly to?: bigint
  /** Columns to read (default: all). The header is always read. */
  readonly columns?: readonly Column[]
}

/** The records of one block, still compressed; their data borrow the window they were read in. */
export interface RawBlock extends Columns<E2Record> {
  readonly number: bigint
  readonly header: E2Record
}

const NONE = new Uint8Array(0)
/** Most bytes kept of reading blocks by number. */
const KEPT_BYTES = 4_194_304
/** Page size for small files: with a quarter of this, 1,000 blocks take a fifth longer for all the reads. */
const PAGE_BYTES = 524_288
/** Bytes read ahead when iterating, in each column that has records of its own. */
export const WINDOW_BYTES = 262_144
export const ARENA_BYTES = 131_072
/** Bytes allocated at once for blocks read by number: a block that is kept keeps so much. */
const SMALL_ARENA_BYTES = 32_768

/**
 * An open `.era1`, `.ere` or `.e2hs` file: any block by its number, or ranges of them in order.
 *
 * Holds the index in memory, and up to 4 MiB of what was read by number. Calls may overlap. The caller closes the source.
 *
 * @see docs/spec/e2store-execution.md §8
 */
export class BlockArchive {
  readonly layout: Layout
  readonly source: ByteSource
  readonly options: ArchiveOptions
  /** What blocks are read from by number. */
  readonly #pages: ByteSource
  readonly #window: WindowOptions
  readonly #decoderByNumber: RowDecoder
  readonly #columns: ColumnIndices

  constructor(source: ByteSource, layout: Layout, options: ArchiveOptions = {}) {
    this.source = source
    this.layout = layout
    this.options = options
    this.#pages = keepPages(source, options)
    this.#window = rowWindow(layout, options)
    this.#columns = columnIndices(layout)
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

  /** What opening found to be otherwise than the format says, without making blocks wrong. */
  get deviations(): readonly Deviation[] {
    return this.layout.deviations
  }

  /**
   * One block, decoded.
   *
   * @throws {NotInFileError} the file does not hold that block
   * @throws {E2FormatError} `BAD_TARGET`, `UNEXPECTED_TYPE`, `TRUNCATED`, `BAD_SNAPPY`, `BAD_CHECKSUM`, `BAD_RLP`, `BAD_SSZ`
   * @throws {LimitError} a record or its content is larger than allowed
   * @throws {VerificationError} `WRONG_NUMBER`: the index points at another block
   */
  async block(number: bigint): Promise<Block> {
    const row = await this.#row(number, this.columns)
    return this.#decode(number, row, this.#decoderByNumber)
  }

  /** The decompressed records of one block. Throws as {@link block}. */
  async payloads(number: bigint, columns: readonly Column[] = this.columns): Promise<BlockPayloads> {
    const row = await this.#row(number, columns)
    return this.#checkedPayloads(number, row, this.#decoderByNumber)
  }

  /** The records of one block, still compressed. Throws as {@link block}. */
  async raw(number: bigint, columns: readonly Column[] = this.columns): Promise<RawBlock> {
    return this.#rawBlock(number, await this.#row(number, columns))
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

  /** Blocks in order, still compressed. Throws as {@link block}. */
  iterateRaw(range: BlockRange = {}): AsyncGenerator<RawBlock, void, void> {
    return this.#each(range, (number, row) => this.#rawBlock(number, row))
  }

  async *#each<T>(
    { from, to, columns = this.columns }: BlockRange,
    convert: (number: bigint, row: Row) => T,
  ): AsyncGenerator<T, void, void> {
    const first = from === undefined ? 0 : this.#indexOf(from)
    const end = to === undefined || to === this.start + BigInt(this.count) ? this.count : this.#indexOf(to)
    const rows = new RowReader(this.source, this.layout, this.#window, { columns, windowBytes: WINDOW_BYTES })
    for (let index = first; index < end; index++) {
      yield convert(this.start + BigInt(index), rows.take(index) ?? (await rows.read(index)))
    }
  }

  #row(number: bigint, columns: readonly Column[]): Promise<Row> {
    return new RowReader(this.#pages, this.layout, this.#window, { columns }).read(this.#indexOf(number))
  }

  #indexOf(number: bigint): number {
    const index = number - this.start
    if (index >= 0n && index < BigInt(this.count)) return Number(index)
    const last = this.start + BigInt(this.count) - 1n
    throw new NotInFileError('NOT_IN_FILE', `block ${number} is not in the file, which has ${this.start} to ${last}`)
  }

  #rawBlock(number: bigint, row: Row): RawBlock {
    const at = this.#columns
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
    return new RowDecoder(this.#columns, new Arena(arenaBytes), this.options)
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

/**
 * What blocks are read from by number: pages that are kept, if the file is small or the caller says so.
 *
 * Of a large file only the block is read, and nothing is kept: pages that are kept for a while and then dropped are
 * collected so late that keeping 4 MiB of them takes a multiple of that.
 */
function keepPages(source: ByteSource, { pageBytes, keptBytes = KEPT_BYTES }: ArchiveOptions): ByteSource {
  // It keeps what it read by itself.
  if (source.willRead !== undefined) return source
  if (keptBytes === 0 || (pageBytes === undefined && source.size > KEPT_BYTES)) return source
  const bytes = pageBytes ?? PAGE_BYTES
  return paged(source, bytes, Math.ceil(keptBytes / bytes))
}

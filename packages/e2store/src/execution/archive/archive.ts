import { NotFoundError } from '../../errors.ts'
import { buffered } from '../../io/buffered.ts'
import type { ByteSource } from '../../io/byte-source.ts'
import {
  checkRecordBounds,
  decodeRecordHeader,
  type E2Record,
  RECORD_HEADER_BYTES,
  type RecordOptions,
  readRecord,
} from '../../records/record.ts'
import { RecordType } from '../../records/record-type.ts'
import type { SnappyCodec } from '../../snappy/codec.ts'
import { type Block, type BlockPayloads, type Columns, checkNumber, decodeBlock, headerRlpOf } from './block.ts'
import { Arena, decodeContent } from './content.ts'
import { type ArchiveKind, type Column, checkType, type Layout } from './layout.ts'
import { paged } from './paged.ts'

export interface ArchiveOptions extends Pick<RecordOptions, 'maxRecordBytes' | 'legacyLength48'> {
  readonly codec?: SnappyCodec
  /** Largest decompressed record, in bytes (default 64 MiB). */
  readonly maxPayloadBytes?: number
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

/** Where records of a column are read from. */
type WindowOf = (column: number) => ByteSource

/** A record that is not in memory. */
interface MissingRecord {
  readonly missing: number
  readonly position: number
}

const DEFAULT_MAX_PAYLOAD = 64 * 1_048_576
/** Read ahead when going through blocks, for each place of the file that is read from. */
const WINDOW_BYTES = 262_144
/** What is kept of reading blocks by number: 4 MiB at most. */
const PAGE_BYTES = 32_768
const PAGES = 128
const ARENA_BYTES = 131_072
/** For the contents of one block. */
const SMALL_ARENA_BYTES = 4096

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
  readonly #recordOptions: RecordOptions
  readonly #pages: ByteSource

  constructor(source: ByteSource, layout: Layout, options: ArchiveOptions = {}) {
    this.source = source
    this.layout = layout
    this.options = options
    this.#pages = paged(source, PAGE_BYTES, PAGES)
    const { maxRecordBytes, legacyLength48 } = options
    this.#recordOptions = {
      end: layout.indexPosition,
      step: 'read',
      ...(maxRecordBytes !== undefined && { maxRecordBytes }),
      ...(legacyLength48 !== undefined && { legacyLength48 }),
    }
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
   * @throws {NotFoundError} the file does not hold that block
   * @throws {E2FormatError} `BAD_TARGET`, `UNEXPECTED_TYPE`, `TRUNCATED`, `BAD_SNAPPY`, `BAD_CHECKSUM`, `BAD_RLP`, `BAD_SSZ`
   * @throws {LimitError} a record or its content is larger than allowed
   * @throws {VerificationError} `WRONG_NUMBER`: the index names another block
   */
  async block(number: bigint): Promise<Block> {
    return decodeBlock(this.kind, await this.payloads(number))
  }

  /** The decompressed records of one block. Throws as {@link block}. */
  async payloads(number: bigint, columns: readonly Column[] = this.columns): Promise<BlockPayloads> {
    return this.#decompress(await this.raw(number, columns), new Arena(SMALL_ARENA_BYTES))
  }

  /** The records of one block as they lie in the file. Throws as {@link block}. */
  async raw(number: bigint, columns: readonly Column[] = this.columns): Promise<RawBlock> {
    const index = this.#indexOf(number)
    return this.#rawBlock(index, columns, () => this.#pages)
  }

  /** Blocks in order, decoded. Throws as {@link block}. */
  async *iterate(range: Omit<BlockRange, 'columns'> = {}): AsyncGenerator<Block, void, void> {
    for await (const payloads of this.iteratePayloads(range)) yield decodeBlock(this.kind, payloads)
  }

  /** Blocks in order, decompressed. Throws as {@link block}. */
  async *iteratePayloads(range: BlockRange = {}): AsyncGenerator<BlockPayloads, void, void> {
    const arena = new Arena(ARENA_BYTES)
    for await (const raw of this.iterateRaw(range)) yield this.#decompress(raw, arena)
  }

  /** Blocks in order, as they lie in the file. Throws as {@link block}. */
  async *iterateRaw({ from, to, columns = this.columns }: BlockRange = {}): AsyncGenerator<RawBlock, void, void> {
    const { layout, source } = this
    const first = from === undefined ? 0 : this.#indexOf(from)
    const end = to === undefined || to === this.start + BigInt(this.count) ? this.count : this.#indexOf(to)
    const shared = buffered(source, WINDOW_BYTES)
    const windows = layout.columns.map(() => (layout.rowwise ? shared : buffered(source, WINDOW_BYTES)))
    const windowOf = (column: number): ByteSource => windows[column] ?? shared
    for (let index = first; index < end; index++) {
      const found = this.#peekBlock(index, columns, windowOf)
      yield 'missing' in found ? await this.#rawBlock(index, columns, windowOf) : found
    }
  }

  #indexOf(number: bigint): number {
    const index = number - this.start
    if (index >= 0n && index < BigInt(this.count)) return Number(index)
    const last = this.start + BigInt(this.count) - 1n
    throw new NotFoundError('NOT_IN_FILE', `block ${number} is not in the file, which has ${this.start} to ${last}`)
  }

  /** The records of a block, waiting for those that are not in memory. */
  async #rawBlock(index: number, columns: readonly Column[], windowOf: WindowOf): Promise<RawBlock> {
    const loaded = new Map<number, E2Record>()
    for (;;) {
      const found = this.#peekBlock(index, columns, windowOf, loaded)
      if (!('missing' in found)) return found
      const { missing, position } = found
      loaded.set(missing, await readRecord(windowOf(missing), position, this.#recordOptions))
    }
  }

  /** The records of a block if all of them are in memory or loaded, else which one is missing. */
  #peekBlock(
    index: number,
    columns: readonly Column[],
    windowOf: WindowOf,
    loaded?: ReadonlyMap<number, E2Record>,
  ): RawBlock | MissingRecord {
    const { layout } = this
    const found: { -readonly [C in Column]?: E2Record } = {}
    let last = layout.columns.length - 1
    while (last > 0 && !columns.includes(layout.columns[last] as Column)) last--
    let position = 0
    for (let column = 0; column <= last; column++) {
      const name = layout.columns[column] as Column
      const wanted = column === 0 || columns.includes(name)
      if (!wanted && !layout.rowwise) continue
      if (column === 0 || !layout.rowwise) position = layout.target(index, column)
      const record = loaded?.get(column) ?? this.#peek(windowOf(column), position)
      if (record === undefined) return { missing: column, position }
      checkType(layout, name, record.type, position)
      if (wanted) found[name] = record
      position = record.end
    }
    const { header } = found
    if (header === undefined) throw new RangeError('an archive without headers')
    return { ...found, number: layout.start + BigInt(index), header }
  }

  #peek(source: ByteSource, position: number): E2Record | undefined {
    if (position + RECORD_HEADER_BYTES > this.layout.indexPosition) return undefined
    const head = source.peek?.(position, RECORD_HEADER_BYTES)
    if (head === undefined) return undefined
    const { type, length, end } = decodeRecordHeader(head, 0, position, this.#recordOptions)
    checkRecordBounds({ type, length, position, end }, this.layout.indexPosition, this.#recordOptions)
    const data = source.peek?.(position + RECORD_HEADER_BYTES, length)
    return data && { type, length, position, end, data }
  }

  #decompress(raw: RawBlock, arena: Arena): BlockPayloads {
    const payloads: { -readonly [C in Column]?: Uint8Array } = {}
    const positions: { -readonly [C in Column]?: number } = {}
    for (const column of this.columns) {
      const record = raw[column]
      if (record === undefined) continue
      positions[column] = record.position
      payloads[column] = this.#content(record, arena)
    }
    const header = payloads.header ?? this.#content(raw.header, arena)
    checkNumber(headerRlpOf(this.kind, header, raw.header.position), raw.number, raw.header.position)
    return { number: raw.number, positions, ...payloads }
  }

  #content({ type, data, position }: E2Record, arena: Arena): Uint8Array {
    if (type === RecordType.TotalDifficulty) return data
    const { codec, maxPayloadBytes = DEFAULT_MAX_PAYLOAD } = this.options
    return decodeContent(data, position + RECORD_HEADER_BYTES, maxPayloadBytes, arena, codec)
  }
}

import { basename } from 'node:path'
import {
  type ByteSource,
  type E2Record,
  iterateRecords,
  RECORD_HEADER_BYTES,
  type RecordHeader,
  RecordType,
  readRecord,
  readRecordHeader,
} from '@datastreamer/e2store'
import { snappyFramedDecode } from '@datastreamer/e2store/snappy'
import { FormatError, viewOf, walkRun } from '@datastreamer/format'
import { archiveNameOf, parseArchiveName } from './archive-name.ts'
import { type BlockTable, readBlockTable } from './block-table.ts'
import { ArchiveError, type ArchiveStep } from './errors.ts'
import {
  type ArchiveEnd,
  type ArchiveHeader,
  ArchiveType,
  decodeEnd,
  decodeHeader,
  END_BYTES,
  HEADER_BYTES,
  MAX_RUN_BYTES,
} from './layout.ts'

/** Bytes of a compressed record at most: what does not compress is stored in chunks with heads of eight bytes. */
const MAX_RECORD_BYTES = MAX_RUN_BYTES + 1024
/** Where the records with entries begin. */
const ENTRIES_START = 2 * RECORD_HEADER_BYTES + HEADER_BYTES

/** Whole entries, as they lie in a stream file. */
export interface EntryRun {
  readonly bytes: Uint8Array
  /** Entries in it. */
  readonly count: number
  /** Where its record begins in the archive. */
  readonly position: number
}

/** An archive of a part of a stream: what its first and last records say. */
export class ArchiveFile {
  readonly source: ByteSource
  readonly header: ArchiveHeader
  readonly end: ArchiveEnd
  /** Where the record begins that says where the stream ends. */
  readonly endPosition: number
  readonly blocks: BlockTable

  private constructor(source: ByteSource, header: ArchiveHeader, end: ArchiveEnd, blocks: BlockTable) {
    this.source = source
    this.header = header
    this.end = end
    this.blocks = blocks
    this.endPosition = blocks.position - END_BYTES - RECORD_HEADER_BYTES
  }

  /** Whether a file begins as archives do. */
  static async looksLikeOne(source: ByteSource): Promise<boolean> {
    if (source.size < 2 * RECORD_HEADER_BYTES) return false
    const head = viewOf(await source.read(0, RECORD_HEADER_BYTES + 2))
    return head.getUint16(0) === 0x6532 && head.getUint16(RECORD_HEADER_BYTES) === ArchiveType.StreamHeader
  }

  /**
   * Open an archive. Reads its first and last records only.
   *
   * @throws {ArchiveError} `BAD_HEADER`, `BAD_RECORD`, `BAD_INDEX` @throws {E2StoreError}
   * @see docs/spec/archive.md §2
   */
  static async open(source: ByteSource): Promise<ArchiveFile> {
    const version = await readRecordHeader(source, 0, { step: 'open' })
    expect(version, RecordType.Version, 'open')
    const at = version.end
    const first = await readRecord(source, at, { step: 'open', maxRecordBytes: MAX_RECORD_BYTES })
    expect(first, ArchiveType.StreamHeader, 'open')
    const header = decodeHeader(first.data, at)
    const blocks = await readBlockTable(source, ENTRIES_START)
    const endAt = blocks.position - END_BYTES - RECORD_HEADER_BYTES
    if (endAt < ENTRIES_START) throw new ArchiveError('BAD_RECORD', 'no room for the end of the stream', endAt, 'open')
    const last = await readRecord(source, endAt, { step: 'open', end: blocks.position })
    expect(last, ArchiveType.StreamEnd, 'open')
    if (last.length !== END_BYTES) {
      throw new ArchiveError('BAD_RECORD', `end record of ${last.length} bytes, expected ${END_BYTES}`, endAt, 'open')
    }
    const end = decodeEnd(last.data, endAt)
    if (end.point.number < header.start.number) {
      const what = `entries ${header.start.number} up to, without it, ${end.point.number}`
      throw new ArchiveError('BAD_HEADER', what, endAt, 'open')
    }
    return new ArchiveFile(source, header, end, blocks)
  }

  /** The name that it has by its content. */
  get name(): string {
    return archiveNameOf(this.header, this.end.point)
  }

  /**
   * The records with entries from the one at `from` on, one behind the other.
   *
   * @throws {ArchiveError} `BAD_RECORD`, if something else is among them @throws {E2StoreError}
   */
  async *records(step: ArchiveStep, from: number = ENTRIES_START): AsyncGenerator<E2Record, void, void> {
    const options = { from, to: this.endPosition, requireVersion: false, maxRecordBytes: MAX_RECORD_BYTES }
    for await (const record of iterateRecords(this.source, options)) {
      expect(record, ArchiveType.StreamEntries, step)
      yield record
    }
  }

  /** Throw `WRONG_NAME` if a path ends in what reads as the name of an archive, but not of this one. */
  checkName(path: string): void {
    const name = basename(path)
    if (parseArchiveName(name) === undefined || name === this.name) return
    throw new ArchiveError('WRONG_NAME', `named ${name}, by its content it is ${this.name}`, 0, 'verify')
  }
}

/**
 * The entries of a record.
 *
 * @param first number of its first entry, if that is known
 * @throws {ArchiveError} `BAD_ENTRIES` @throws {E2StoreError}
 */
export function entriesOf({ data, position }: E2Record, step: ArchiveStep, first?: bigint): EntryRun {
  const bytes = snappyFramedDecode(data, {
    maxBytes: MAX_RUN_BYTES,
    position: position + RECORD_HEADER_BYTES,
    step,
  })
  const bad = (what: string, cause?: unknown): ArchiveError =>
    new ArchiveError('BAD_ENTRIES', what, position, step, { cause })
  if (bytes.length < 17) throw bad(`${bytes.length} bytes where entries should be`)
  const view = viewOf(bytes)
  try {
    const run = walkRun(view, 0, bytes.length, first ?? view.getBigUint64(9))
    if (run.stop === 'end') return { bytes, count: run.count, position }
    throw bad(`only ${run.end} of ${bytes.length} bytes are whole entries`)
  } catch (error) {
    throw error instanceof FormatError ? bad(error.message, error) : error
  }
}

/** Call `use` with each entry of a run as it lies there. */
export function eachEntry({ bytes }: Pick<EntryRun, 'bytes'>, use: (entry: Uint8Array) => void): void {
  const view = viewOf(bytes)
  for (let at = 0; at < bytes.length; ) {
    const end = at + view.getUint32(at + 1)
    use(bytes.subarray(at, end))
    at = end
  }
}

function expect({ type, position }: RecordHeader, wanted: number, step: ArchiveStep): void {
  if (type === wanted) return
  const hex = (value: number): string => value.toString(16).padStart(4, '0')
  throw new ArchiveError('BAD_RECORD', `record of type ${hex(type)}, expected ${hex(wanted)}`, position, step)
}

import { E2FormatError } from '../../errors.ts'
import type { ByteSource } from '../../io/byte-source.ts'
import { RecordCursor } from '../../records/iterate.ts'
import { RECORD_HEADER_BYTES, type RecordHeader, readRecord, readRecordHeader } from '../../records/record.ts'
import { describeType, RecordType } from '../../records/record-type.ts'
import type { SnappyCodec } from '../../snappy/codec.ts'
import { snappyFramedDecode } from '../../snappy/framed.ts'
import { checkVersion } from '../archive/open.ts'
import { type BlockHeader, decodeHeader } from '../blocks/header.ts'
import { decodeAccount, type SnapshotAccount, type StorageSlot } from './account.ts'
import { readStorage } from './storage-stream.ts'

export interface SnapshotOptions {
  readonly codec?: SnappyCodec
  /** Largest decompressed account, its code included, in bytes (default 16 MiB). */
  readonly maxAccountBytes?: number
}

/** An account, or slots of its storage, in file order. */
export type SnapshotItem =
  | { readonly kind: 'account'; readonly account: SnapshotAccount; readonly position: number }
  | {
      readonly kind: 'storage'
      /** Number of the account's storage record that these slots are in, from 0. */
      readonly record: number
      /** A batch of slots; they borrow its memory. */
      readonly slots: readonly StorageSlot[]
      readonly position: number
    }

const DEFAULT_MAX_ACCOUNT = 16 * 1_048_576
const MAX_HEADER_BYTES = 1_048_576
const WINDOW_BYTES = 65_536
/** Storage records are never held in memory, so any size is allowed. */
const MAX_RECORD_BYTES = 2 ** 32

/**
 * An open `.e2ss` file: the header of a block and the state after it. It can only be read in order; memory does not grow
 * with its size.
 *
 * @see docs/spec/e2store-execution.md §8.4
 */
export class Snapshot {
  readonly source: ByteSource
  readonly header: BlockHeader
  readonly headerRlp: Uint8Array
  readonly #from: number
  readonly #options: SnapshotOptions

  /** Use {@link openE2ss}. */
  constructor(source: ByteSource, headerRlp: Uint8Array, record: RecordHeader, options: SnapshotOptions) {
    this.source = source
    this.headerRlp = headerRlp
    this.header = decodeHeader(headerRlp, { what: 'header', position: record.position })
    this.#from = record.end
    this.#options = options
  }

  /**
   * All accounts, each followed by its storage. Records of unknown types are skipped.
   *
   * @throws {E2FormatError} `BAD_COUNT` for missing or extra storage records, `UNEXPECTED_TYPE`, `BAD_SNAPPY`,
   * `BAD_CHECKSUM`, `BAD_RLP`
   */
  async *items(): AsyncGenerator<SnapshotItem, void, void> {
    let wanted = 0
    let seen = 0
    for await (const record of this.#records()) {
      if (record.type === RecordType.CompressedAccount) {
        if (seen < wanted) throw missing(wanted, seen, record.position)
        const account = await this.#account(record)
        wanted = account.storageRecords
        seen = 0
        yield { kind: 'account', account, position: record.position }
      } else if (record.type === RecordType.CompressedStorage) {
        if (seen === wanted) {
          throw new E2FormatError('BAD_COUNT', `more than ${wanted} storage records`, record.position, 'read')
        }
        for await (const slots of readStorage(this.source, record, this.#options.codec)) {
          yield { kind: 'storage', record: seen, slots, position: record.position }
        }
        seen++
      } else if (OTHER_TYPES.has(record.type)) {
        const message = `${describeType(record.type)} record in a snapshot`
        throw new E2FormatError('UNEXPECTED_TYPE', message, record.position, 'read')
      }
    }
    if (seen < wanted) throw missing(wanted, seen, this.source.size)
  }

  async *#records(): AsyncGenerator<RecordHeader, void, void> {
    const cursor = new RecordCursor(this.source, {
      ...{ from: this.#from, requireVersion: false, windowBytes: WINDOW_BYTES, maxRecordBytes: MAX_RECORD_BYTES },
    })
    while (await cursor.fill({ headerOnly: true })) {
      for (let record = cursor.takeHeader(); record; record = cursor.takeHeader()) yield record
    }
  }

  async #account({ position }: RecordHeader): Promise<SnapshotAccount> {
    const { maxAccountBytes = DEFAULT_MAX_ACCOUNT } = this.#options
    const content = await readWhole(this.source, position, maxAccountBytes, this.#options.codec, 'read')
    return decodeAccount(content, { what: 'account', position })
  }
}

/** Known types that may not be in a snapshot. */
const OTHER_TYPES: ReadonlySet<number> = new Set(
  Object.values(RecordType).filter((type) => type !== RecordType.Empty && type !== RecordType.Version),
)

/**
 * Open an `.e2ss` file and read its header.
 *
 * @throws {E2FormatError} no Version record, or no header after it
 */
export async function openE2ss(source: ByteSource, options: SnapshotOptions = {}): Promise<Snapshot> {
  await checkVersion(source)
  const record = await readRecordHeader(source, RECORD_HEADER_BYTES, { step: 'open', maxRecordBytes: MAX_HEADER_BYTES })
  if (record.type !== RecordType.CompressedHeader) {
    const message = `${describeType(record.type)} record, expected ${describeType(RecordType.CompressedHeader)}`
    throw new E2FormatError('UNEXPECTED_TYPE', message, record.position, 'open')
  }
  const rlp = await readWhole(source, record.position, MAX_HEADER_BYTES, options.codec, 'open')
  return new Snapshot(source, rlp, record, options)
}

async function readWhole(
  source: ByteSource,
  position: number,
  maxBytes: number,
  codec: SnappyCodec | undefined,
  step: 'open' | 'read',
): Promise<Uint8Array> {
  const { data } = await readRecord(source, position, { step, maxRecordBytes: 2 * maxBytes })
  return snappyFramedDecode(data, {
    ...{ maxBytes, step, position: position + RECORD_HEADER_BYTES },
    ...(codec && { codec }),
  })
}

function missing(wanted: number, seen: number, position: number): E2FormatError {
  return new E2FormatError('BAD_COUNT', `${seen} storage records, the account has ${wanted}`, position, 'read')
}

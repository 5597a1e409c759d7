import { E2FormatError, type Step } from '../errors.ts'
import { DEFAULT_WINDOW_BYTES } from '../io/buffered.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { typeAt } from '../io/little-endian.ts'
import {
  checkHeaderRoom,
  checkRecordBounds,
  decodeRecordHeader,
  type E2Record,
  RECORD_HEADER_BYTES,
  type RecordHeader,
  type RecordOptions,
} from './record.ts'
import { describeType, RecordType } from './record-type.ts'

export interface IterateOptions extends Omit<RecordOptions, 'end'> {
  /** Position of the first record (default 0). */
  readonly from?: number
  /** Position behind the last record (default: the source's size). */
  readonly to?: number
  /** Whether the first record has to be Version (default: if `from` is 0). */
  readonly requireVersion?: boolean
  /** Bytes read ahead at once (default 1 MiB). */
  readonly windowBytes?: number
}

/** Bytes read at first where only headers are wanted. */
const HEADER_WINDOW_BYTES = 4096

/** Throw unless a file's first record is a Version; `EMPTY_FILE` if it has none. */
export function checkFirstRecord(record: Pick<RecordHeader, 'type'> | undefined, position: number, step: Step): void {
  if (!record) throw new E2FormatError('EMPTY_FILE', 'no bytes, expected a Version record', position, step)
  if (record.type !== RecordType.Version) {
    const what = `first record is ${describeType(record.type)}, expected ${describeType(RecordType.Version)}`
    throw new E2FormatError('NO_VERSION', what, position, step)
  }
}

/**
 * Goes through the records of a source, reading ahead in windows; records inside a window are taken without waiting.
 *
 * ```ts
 * while (await cursor.fill()) for (let record = cursor.take(); record; record = cursor.take()) use(record)
 * ```
 *
 * Records borrow their window, which is not written again then: they stay valid, and keep it in memory.
 */
export class RecordCursor {
  readonly #source: ByteSource
  readonly #options: IterateOptions & { readonly step: Step }
  readonly #windowBytes: number
  readonly #to: number
  #position: number
  #first: boolean
  #window: Uint8Array = new Uint8Array(0)
  /** Memory to read into again, for as long as no record has borrowed any of it. */
  #memory: Uint8Array | undefined
  #windowStart = 0
  #headerWindow = HEADER_WINDOW_BYTES
  #headersInWindow = 0

  constructor(source: ByteSource, options: IterateOptions = {}) {
    const { from = 0, to = source.size, windowBytes = DEFAULT_WINDOW_BYTES, step = 'walk' } = options
    this.#source = source
    this.#options = { ...options, step }
    this.#windowBytes = Math.max(windowBytes, RECORD_HEADER_BYTES)
    this.#position = from
    this.#to = to
    this.#first = options.requireVersion ?? from === 0
  }

  /** Where the next record begins. */
  get position(): number {
    return this.#position
  }

  /**
   * The next record if all of it is in memory, else `undefined`: then {@link fill}.
   *
   * @throws {UnexpectedEndError} the file ends inside a record
   * @throws {E2FormatError} `EMPTY_FILE`, `NO_VERSION`, `UNKNOWN_VERSION`, `RESERVED_NOT_ZERO`
   * @throws {LimitError} `RECORD_TOO_LARGE`
   */
  take(): E2Record | undefined {
    const header = this.#peekHeader()
    if (!header) return undefined
    const at = header.position - this.#windowStart
    const end = header.end - this.#windowStart
    if (end > this.#window.length) return undefined
    this.#position = header.end
    this.#memory = undefined
    const { type, length, position } = header
    return { type, length, position, end: header.end, data: this.#window.subarray(at + RECORD_HEADER_BYTES, end) }
  }

  /** The next record's header, going past its data, if the header is in memory; throws as {@link take}. */
  takeHeader(): RecordHeader | undefined {
    const header = this.#peekHeader()
    if (!header) return undefined
    this.#position = header.end
    this.#headersInWindow++
    return header
  }

  /** Bring the next record, or only its header, into memory; `false` at the end. Throws as {@link take}. */
  async fill({ headerOnly = false }: { readonly headerOnly?: boolean } = {}): Promise<boolean> {
    const left = this.#to - this.#position
    if (left === 0) {
      if (this.#first) checkFirstRecord(undefined, this.#position, this.#options.step)
      return false
    }
    checkHeaderRoom(this.#position, this.#to, this.#options.step)
    if (!this.#peekHeader()) await this.#load(Math.min(headerOnly ? this.#nextHeaderWindow() : this.#windowBytes, left))
    const header = this.#peekHeader()
    if (!header || headerOnly) return true
    const whole = RECORD_HEADER_BYTES + header.length
    if (header.end > this.#windowStart + this.#window.length)
      await this.#load(Math.max(whole, Math.min(this.#windowBytes, left)))
    return true
  }

  /** Bytes to read for headers alone: little where records are large, more and more where they are small. */
  #nextHeaderWindow(): number {
    const many = this.#headersInWindow >= 16
    this.#headerWindow = many ? Math.min(4 * this.#headerWindow, this.#windowBytes) : HEADER_WINDOW_BYTES
    this.#headersInWindow = 0
    return Math.min(this.#headerWindow, this.#windowBytes)
  }

  async #load(bytes: number): Promise<void> {
    const left = this.#to - this.#position
    this.#window = this.#source.peek?.(this.#position, left) ?? (await this.#read(bytes))
    this.#windowStart = this.#position
  }

  async #read(bytes: number): Promise<Uint8Array> {
    if (this.#source.readInto === undefined) return this.#source.read(this.#position, bytes)
    if (this.#memory === undefined || this.#memory.length < bytes) this.#memory = new Uint8Array(bytes)
    const target = this.#memory.subarray(0, bytes)
    await this.#source.readInto(this.#position, target)
    return target
  }

  #peekHeader(): RecordHeader | undefined {
    const at = this.#position - this.#windowStart
    if (at < 0 || at + RECORD_HEADER_BYTES > this.#window.length) return undefined
    if (this.#first) {
      checkFirstRecord({ type: typeAt(this.#window, at) }, this.#position, this.#options.step)
      this.#first = false
    }
    const header = decodeRecordHeader(this.#window, at, this.#position, this.#options)
    checkRecordBounds(header, this.#to, this.#options)
    return header
  }
}

/** The headers of all records, in file order; of large records only the header is read. Throws as {@link RecordCursor.take}. */
export async function* iterateHeaders(
  source: ByteSource,
  options: IterateOptions = {},
): AsyncGenerator<RecordHeader, void, void> {
  const cursor = new RecordCursor(source, options)
  while (await cursor.fill({ headerOnly: true })) {
    for (let header = cursor.takeHeader(); header; header = cursor.takeHeader()) yield header
  }
}

/** All records, in file order. Throws as {@link RecordCursor.take}. */
export async function* iterateRecords(
  source: ByteSource,
  options: IterateOptions = {},
): AsyncGenerator<E2Record, void, void> {
  const cursor = new RecordCursor(source, options)
  while (await cursor.fill()) {
    for (let record = cursor.take(); record; record = cursor.take()) yield record
  }
}

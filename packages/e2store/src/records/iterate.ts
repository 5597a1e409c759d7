import type { Step } from '../errors.ts'
import { DEFAULT_WINDOW_BYTES } from '../io/buffered.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { checkFirstRecord } from './first-record.ts'
import { type E2Record, RECORD_HEADER_BYTES, type RecordHeader, type RecordOptions } from './record.ts'
import { RecordWindow } from './window.ts'

export interface IterateOptions extends Omit<RecordOptions, 'end'> {
  /** Position of the first record (default 0). */
  readonly from?: number
  /** Where the last record ends (default: the source's size). */
  readonly to?: number
  /** Whether the first record must be Version (default: if `from` is 0). */
  readonly requireVersion?: boolean
  /** Bytes read ahead at once (default 1 MiB). */
  readonly windowBytes?: number
}

/** Bytes read at first where only headers are wanted. */
const HEADER_WINDOW_BYTES = 4096
const NONE = new Uint8Array(0)

/**
 * Iterates over the records of a source in windows; records inside a window are taken without waiting.
 *
 * ```ts
 * while (await cursor.fill()) for (let record = cursor.take(); record; record = cursor.take()) use(record)
 * ```
 *
 * Records borrow their window, which is then not written again: they stay valid, and keep it in memory.
 */
export class RecordCursor {
  readonly #window: RecordWindow
  readonly #step: Step
  readonly #windowBytes: number
  readonly #to: number
  #position: number
  /** Whether the next record must be Version. */
  #first: boolean
  #headerWindow = HEADER_WINDOW_BYTES
  #headersInWindow = 0

  constructor(source: ByteSource, options: IterateOptions = {}) {
    const { from = 0, to = source.size, windowBytes = DEFAULT_WINDOW_BYTES, step = 'walk' } = options
    this.#window = new RecordWindow(source, { ...options, end: to, step })
    this.#step = step
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
    if (this.#first) this.#checkFirst()
    const record = this.#window.record(this.#position)
    if (record) this.#position = record.end
    return record
  }

  /** The header of the next record, skipping its data, if the header is in memory; throws as {@link take}. */
  takeHeader(): RecordHeader | undefined {
    if (this.#first) this.#checkFirst()
    const header = this.#window.header(this.#position)
    if (!header) return undefined
    this.#position = header.end
    this.#headersInWindow++
    return header
  }

  /** Bring the next record, or only its header, into memory; `false` at the end. Throws as {@link take}. */
  async fill({ headerOnly = false }: { readonly headerOnly?: boolean } = {}): Promise<boolean> {
    if (this.#position === this.#to) {
      if (this.#first) checkFirstRecord(NONE, this.#position, this.#step)
      return false
    }
    for (let missing = this.#missing(headerOnly); missing > 0; missing = this.#missing(headerOnly)) {
      const ahead = headerOnly ? this.#nextHeaderWindow() : this.#windowBytes
      await this.#window.load(this.#position, Math.max(missing, ahead))
    }
    return true
  }

  #missing(headerOnly: boolean): number {
    if (this.#first) this.#checkFirst()
    return this.#window.missing(this.#position, headerOnly)
  }

  #checkFirst(): void {
    const head = this.#window.head(this.#position)
    if (head === undefined) return
    checkFirstRecord(head, this.#position, this.#step)
    this.#first = false
  }

  /** Bytes to read for headers alone: few where records are large, growing where they are small. */
  #nextHeaderWindow(): number {
    const many = this.#headersInWindow >= 16
    this.#headerWindow = many ? Math.min(4 * this.#headerWindow, this.#windowBytes) : HEADER_WINDOW_BYTES
    this.#headersInWindow = 0
    return Math.min(this.#headerWindow, this.#windowBytes)
  }
}

/** The headers of all records in file order, without reading the data of large records. Throws as {@link RecordCursor.take}. */
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

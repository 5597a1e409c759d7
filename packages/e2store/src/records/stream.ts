import { UnexpectedEndError } from '../errors.ts'
import { grow } from '../io/bytes.ts'
import { checkFirstRecord } from './first-record.ts'
import {
  checkBounds,
  decodeRecordHeader,
  type E2Record,
  RECORD_HEADER_BYTES,
  type RecordHeader,
  type RecordOptions,
} from './record.ts'

export interface StreamOptions extends Omit<RecordOptions, 'end' | 'step'> {
  /** Records for which this returns false are skipped without keeping their data. */
  readonly wanted?: (header: RecordHeader) => boolean
}

/** Bytes that arrive in chunks, taken in lengths of the reader's choice. */
class Inbox {
  readonly #chunks: AsyncIterator<Uint8Array> | Iterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array(0)

  constructor(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    this.#chunks = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]()
  }

  /** The next bytes that are there, at most `length`; `undefined` at the end. */
  async some(length: number): Promise<Uint8Array | undefined> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next()
      if (next.done) return undefined
      this.#rest = next.value
    }
    const bytes = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(bytes.length)
    return bytes
  }

  /** `length` bytes, fewer only at the end. Memory grows with what has arrived, not with what a header announces. */
  async upTo(length: number): Promise<Uint8Array> {
    if (length <= this.#rest.length) {
      const whole = this.#rest.subarray(0, length)
      this.#rest = this.#rest.subarray(length)
      return whole
    }
    let out: Uint8Array = new Uint8Array(Math.min(length, 65_536))
    let have = 0
    while (have < length) {
      const bytes = await this.some(length - have)
      if (!bytes) break
      if (have + bytes.length > out.length) out = grow(out, have + bytes.length)
      out.set(bytes, have)
      have += bytes.length
    }
    return out.subarray(0, have)
  }

  /** Skip `length` bytes; returns how many there were. */
  async skip(length: number): Promise<number> {
    let skipped = 0
    while (skipped < length) {
      const bytes = await this.some(length - skipped)
      if (!bytes) break
      skipped += bytes.length
    }
    return skipped
  }

  async close(): Promise<void> {
    await this.#chunks.return?.()
  }
}

/**
 * The records of a file that arrives in chunks of any size: from a socket, a download, a decompressor.
 *
 * Holds one record at a time. `data` borrows the chunk that it came in, unless it spans several.
 *
 * @throws {UnexpectedEndError} the stream ends inside a record
 * @throws {E2FormatError} `EMPTY_FILE`, `NO_VERSION`, `UNKNOWN_VERSION`, `RESERVED_NOT_ZERO`
 * @throws {LimitError} `RECORD_TOO_LARGE`
 */
export async function* decodeRecords(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { wanted, ...options }: StreamOptions = {},
): AsyncGenerator<E2Record, void, void> {
  const walk = { ...options, step: 'walk' } as const
  const inbox = new Inbox(chunks)
  try {
    for (let position = 0; ; ) {
      const head = await inbox.upTo(RECORD_HEADER_BYTES)
      if (head.length === 0 && position > 0) return
      if (head.length === 0) checkFirstRecord(head, 0, 'walk')
      if (head.length < RECORD_HEADER_BYTES) {
        throw new UnexpectedEndError(`${head.length} of 8 bytes of a record header`, position, 'walk')
      }
      if (position === 0) checkFirstRecord(head, 0, 'walk')
      const header = decodeRecordHeader(head, 0, position, walk)
      if (wanted && !wanted(header)) {
        const skipped = await inbox.skip(header.length)
        if (skipped < header.length)
          checkBounds(header.type, header.length, position, position + RECORD_HEADER_BYTES + skipped, walk)
      } else {
        checkBounds(header.type, header.length, position, Number.POSITIVE_INFINITY, walk)
        const data = await inbox.upTo(header.length)
        checkBounds(header.type, header.length, position, position + RECORD_HEADER_BYTES + data.length, walk)
        yield { ...header, data }
      }
      position = header.end
    }
  } finally {
    await inbox.close()
  }
}

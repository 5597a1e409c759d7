import { type FormatError, pageOf, StreamError } from '@datastreamer/format'
import type { EntryRange } from './entry-range.ts'

/** What is wrong with a stream file. docs/spec/stream-file.md §8. */
export type DamageCode =
  /** No magic, or another one, and no header of generation 1. */
  | 'BAD_MAGIC'
  /** The header entry is incomplete, or has a packet type or length that no generation has. */
  | 'BAD_HEADER'
  /** The stream is of another type than asked for. */
  | 'WRONG_STREAM_TYPE'
  /** The size is not 4096 bytes and whole pages of 1 MiB. */
  | 'CUT_PAGE'
  /** `totalLength` lies beyond the end of the file, or inside the header page. */
  | 'LENGTH_PAST_END'
  /** `totalLength` does not stand at the end of an entry. */
  | 'LENGTH_NOT_AT_ENTRY_END'
  /** `totalEntries` is not the number after the last entry. */
  | 'ENTRIES_MISMATCH'
  /** A packet type that is neither an entry nor padding. */
  | 'BAD_PACKET'
  /** An entry shorter than 17 bytes. */
  | 'BAD_LENGTH'
  /** An entry that goes on beyond the end of its page. */
  | 'CROSSES_PAGE'
  /** An entry number that does not follow the one before. */
  | 'BAD_NUMBER'
  /** Padding at the start of a page, or where committed entries should stand. */
  | 'PADDING'
  /** The bytes are not those that were committed: their checksum differs. */
  | 'BAD_CHECKSUM'
  /** Nobody can tell whether the bytes are those that were committed: their checksum cannot be read. */
  | 'NO_CHECKSUM'

/** Where in a file something is wrong. */
export interface DamageLocation {
  readonly file: string
  /** Byte position in the file. */
  readonly position: number
  /** Number of the entry that stands or should stand there, where it is known. */
  readonly entryNumber?: bigint | undefined
  /** All that is damaged there, where that is known. */
  readonly range?: EntryRange | undefined
}

/** The file is not a whole stream. Serving what lies before the position is safe; `verify` and `recover` help. */
export class DamageError extends StreamError<DamageCode> {
  override readonly name: string = 'DamageError'
  readonly file: string
  readonly position: number
  /** Number, from 0, of the data page; -1 in the header page. */
  readonly page: number
  readonly entryNumber: bigint | undefined
  /** All that is damaged there, where that is known. */
  readonly range: EntryRange | undefined

  constructor(code: DamageCode, detail: string, where: DamageLocation, options?: ErrorOptions) {
    const { file, position, entryNumber, range } = where
    const page = position < 4096 ? -1 : pageOf(position)
    const text = page < 0 ? `byte ${position} (header page)` : `byte ${position} (page ${page})`
    const entry = entryNumber === undefined ? '' : `, entry ${entryNumber}`
    super(code, `${file}: ${detail} at ${text}${entry}`, options)
    this.file = file
    this.position = position
    this.page = page
    this.entryNumber = entryNumber
    this.range = range
  }

  /** What a codec found wrong in bytes that lie at a location. */
  static from(error: FormatError, { file, position, entryNumber }: DamageLocation): DamageError {
    const location = { file, position: position + error.offset, entryNumber }
    return new DamageError(DAMAGE_OF[error.code] ?? 'BAD_PACKET', error.detail, location, { cause: error })
  }
}

const DAMAGE_OF: Partial<Record<FormatError['code'], DamageCode>> = {
  BAD_MAGIC: 'BAD_MAGIC',
  BAD_LENGTH: 'BAD_LENGTH',
  BAD_NUMBER: 'BAD_NUMBER',
}

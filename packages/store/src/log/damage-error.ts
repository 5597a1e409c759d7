import { type FormatError, pageOf, StreamError } from '@datastreamer/format'
import type { EntryRange } from './entry-range.ts'

/** What is wrong with a stream file. docs/spec/stream-file.md §8. */
export type DamageCode =
  /** The magic is missing or wrong, and there is no header of generation 1. */
  | 'BAD_MAGIC'
  /** The header entry is incomplete, or has a packet type or length that no generation has. */
  | 'BAD_HEADER'
  /** The stream is of another type than requested. */
  | 'WRONG_STREAM_TYPE'
  /** The size is not 4096 bytes and whole pages of 1 MiB. */
  | 'CUT_PAGE'
  /** `totalLength` is after the end of the file, or inside the header page. */
  | 'LENGTH_PAST_END'
  /** `totalLength` is not the end of an entry. */
  | 'LENGTH_NOT_AT_ENTRY_END'
  /** `totalEntries` is not the number after the last entry. */
  | 'ENTRIES_MISMATCH'
  /** A packet type that is neither an entry nor padding. */
  | 'BAD_PACKET'
  /** An entry shorter than 17 bytes. */
  | 'BAD_LENGTH'
  /** An entry that extends past the end of its page. */
  | 'CROSSES_PAGE'
  /** An entry number that does not follow its predecessor. */
  | 'BAD_NUMBER'
  /** Padding at the start of a page, or where committed entries should be. */
  | 'PADDING'
  /** The bytes are not those that were committed: their checksum differs. */
  | 'BAD_CHECKSUM'
  /** It is unknown whether the bytes are those that were committed: their checksum cannot be read. */
  | 'NO_CHECKSUM'

/** Location of damage. */
export interface DamageLocation {
  readonly file: string
  /** Byte position in the file. */
  readonly position: number
  /** Number of the entry that is or should be there, if it is known. */
  readonly entryNumber?: bigint | undefined
  /** The whole damaged range, if it is known. */
  readonly range?: EntryRange | undefined
}

/** The file is damaged. Entries before the position can be served; use `verify` and `recover`. */
export class DamageError extends StreamError<DamageCode> {
  override readonly name: string = 'DamageError'
  readonly file: string
  readonly position: number
  /** Number, from 0, of the data page; -1 in the header page. */
  readonly page: number
  readonly entryNumber: bigint | undefined
  /** The whole damaged range, if it is known. */
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

  /** The damage that a codec found in bytes at a location. */
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

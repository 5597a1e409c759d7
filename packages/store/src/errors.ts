import { type FormatError, pageOf, StreamError } from '@datastreamer/format'
import type { EntryRange } from './log/damaged-ranges.ts'

/** What is wrong with a stream file. docs/spec/stream-file.md §8. */
export type DamageCode =
  /** No magic, or another one, and no header of generation 1. */
  | 'BAD_MAGIC'
  /** The header entry is cut, or has a packet type or length that no generation has. */
  | 'BAD_HEADER'
  /** The stream is of another type than asked for. */
  | 'WRONG_STREAM_TYPE'
  /** The size is not 4096 bytes and whole pages of 1 MiB. */
  | 'CUT_PAGE'
  /** `totalLength` lies behind the end of the file, or inside the header page. */
  | 'LENGTH_PAST_END'
  /** `totalLength` does not stand at the end of an entry. */
  | 'LENGTH_NOT_AT_ENTRY_END'
  /** `totalEntries` is not the number after the last entry. */
  | 'ENTRIES_MISMATCH'
  /** A packet type that is neither an entry nor padding. */
  | 'BAD_PACKET'
  /** An entry shorter than 17 bytes. */
  | 'BAD_LENGTH'
  /** An entry that goes on behind the end of its page. */
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
export interface DamagePlace {
  readonly file: string
  /** Byte position in the file. */
  readonly position: number
  /** Number of the entry that stands or should stand there, where it is known. */
  readonly entryNumber?: bigint | undefined
  /** All that is damaged there, where that is known. */
  readonly range?: EntryRange | undefined
}

/** The file is not a whole stream. Serving what lies before the place is safe; `verify` and `recover` help. */
export class DamageError extends StreamError<DamageCode> {
  override readonly name: string = 'DamageError'
  readonly file: string
  readonly position: number
  /** Number, from 0, of the data page; -1 in the header page. */
  readonly page: number
  readonly entryNumber: bigint | undefined
  /** All that is damaged there, where that is known. */
  readonly range: EntryRange | undefined

  constructor(code: DamageCode, detail: string, where: DamagePlace, options?: ErrorOptions) {
    const { file, position, entryNumber, range } = where
    const page = position < 4096 ? -1 : pageOf(position)
    const place = page < 0 ? `byte ${position} (header page)` : `byte ${position} (page ${page})`
    const entry = entryNumber === undefined ? '' : `, entry ${entryNumber}`
    super(code, `${file}: ${detail} at ${place}${entry}`, options)
    this.file = file
    this.position = position
    this.page = page
    this.entryNumber = entryNumber
    this.range = range
  }

  /** What a codec found wrong in bytes that lie at `place`. */
  static from(error: FormatError, { file, position, entryNumber }: DamagePlace): DamageError {
    const place = { file, position: position + error.offset, entryNumber }
    return new DamageError(DAMAGE_OF[error.code] ?? 'BAD_PACKET', error.detail, place, { cause: error })
  }
}

const DAMAGE_OF: Partial<Record<FormatError['code'], DamageCode>> = {
  BAD_MAGIC: 'BAD_MAGIC',
  BAD_LENGTH: 'BAD_LENGTH',
  BAD_NUMBER: 'BAD_NUMBER',
}

/** Why a call was refused. The store is as it was before. */
export type RefusalCode =
  | 'ATOMIC_OP_IN_PROGRESS'
  | 'NO_ATOMIC_OP'
  /** The file is being truncated; try again when that is done. */
  | 'TRUNCATE_IN_PROGRESS'
  /** The operation cannot go on: an earlier commit that it follows has failed. Roll it back and start again. */
  | 'ATOMIC_OP_FAILED'
  | 'ENTRY_TOO_LARGE'
  | 'BAD_ENTRY_TYPE'
  | 'BAD_BOOKMARK'
  | 'BOOKMARK_NOT_FOUND'
  | 'ENTRY_NOT_FOUND'
  /** An update may change neither the type nor the length of an entry. */
  | 'ENTRY_DIFFERS'
  /** The file holds a stream of another version or system than asked for. */
  | 'STREAM_DIFFERS'
  /** The file must be there already, and is not. */
  | 'FILE_NOT_FOUND'
  /** A symbolic link on the way to the file leads to nothing. */
  | 'LEADS_NOWHERE'
  /** It is a folder, pipe, socket or device. */
  | 'NOT_A_FILE'
  /** A stream of that name would lie where its own commit log, or another file beside it, does. */
  | 'RESERVED_NAME'
  /** Where a file beside the stream would be, something else is. */
  | 'IN_THE_WAY'
  /** The file lies where the system locks no files. */
  | 'CANNOT_LOCK'
  /** The second bookmark stands before the first. */
  | 'RANGE_REVERSED'
  /** More bytes wait for the disk than allowed; wait for `writable()`. */
  | 'TOO_MUCH_PENDING'
  | 'CLOSED'

/** The caller asked for what cannot be done now, or at all. */
export class RefusedError extends StreamError<RefusalCode> {
  override readonly name: string = 'RefusedError'
}

/** Another process, or another store of this one, writes the file. */
export class LockedError extends StreamError<'LOCKED'> {
  override readonly name: string = 'LockedError'
  override readonly retryable = true
}

/** Why the disk failed. */
export type DiskErrorCode =
  /** Nothing of the operation is in the file; it may be tried again. */
  | 'WRITE_FAILED'
  /** The disk failed while the commit point was written: only opening the file again tells which side it stands on. */
  | 'OUTCOME_UNKNOWN'
  /** An earlier failure left the store unfit for writing until it is opened again; reading goes on. */
  | 'STORE_BROKEN'
  /**
   * Another file stands in the place of the one that is open, or none. A reader opens it again; a writer has written
   * nothing, and goes on when the file is back.
   */
  | 'FILE_REPLACED'
  /** Another program has written the file, although it is locked. Nothing was written. */
  | 'FOREIGN_WRITER'

/** The disk failed (full, broken); `cause` holds the system's error. */
export class DiskError extends StreamError<DiskErrorCode> {
  override readonly name: string = 'DiskError'
  override readonly retryable = true
}

/** Whether a write failed without having changed anything, so that it may be tried again. */
export function changedNothing(error: unknown): error is DiskError {
  if (!(error instanceof DiskError)) return false
  return error.code === 'WRITE_FAILED' || error.code === 'FILE_REPLACED' || error.code === 'FOREIGN_WRITER'
}

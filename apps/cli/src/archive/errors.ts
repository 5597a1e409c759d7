import { StreamError } from '@datastreamer/format'

export type ArchiveErrorCode =
  /** It does not begin with a description of a stream, or of one that nothing is known about. */
  | 'BAD_HEADER'
  /** A record that has no place where it stands. */
  | 'BAD_RECORD'
  | 'BAD_INDEX'
  /** What should be whole entries with the next numbers is not. */
  | 'BAD_ENTRIES'
  /** The content has another digest than the file says. */
  | 'WRONG_DIGEST'
  | 'WRONG_NAME'

/** What was being done, as in docs/spec/e2store.md §6. */
export type ArchiveStep = 'open' | 'walk' | 'read' | 'verify'

/** An archive of a stream is damaged: get another copy of the file. */
export class ArchiveError extends StreamError<ArchiveErrorCode> {
  override readonly name: string = 'ArchiveError'
  /** Byte position in the file. */
  readonly position: number
  readonly step: ArchiveStep
  constructor(code: ArchiveErrorCode, message: string, position: number, step: ArchiveStep, options?: ErrorOptions) {
    super(code, `${message} at byte ${position}`, options)
    this.position = position
    this.step = step
  }
}

export type ChainErrorCode =
  | 'NO_FILES'
  /** A file is of another stream than the ones before it. */
  | 'OTHER_STREAM'
  /** Entries between two files, or between stream and files, are missing. */
  | 'GAP'
  /** Two files hold the same entries. */
  | 'OVERLAP'
  /** The stream up to a file is not the one that the file was made behind. */
  | 'BROKEN_CHAIN'
  /** The stream file that is imported into holds something else. */
  | 'TARGET_DIFFERS'

/** Archives do not fit together, or not to the stream file: choose others. */
export class ChainError extends StreamError<ChainErrorCode> {
  override readonly name: string = 'ChainError'
}

export type ExportErrorCode =
  /** Blocks do not follow each other, or entries cannot be read. */
  | 'NO_SEQUENCER_STREAM'
  /** Entries do not lie in the file where their lengths put them. */
  | 'LAYOUT_DIFFERS'
  | 'NOT_FOUND'

/** A stream cannot be archived the way that was asked for. */
export class ExportError extends StreamError<ExportErrorCode> {
  override readonly name: string = 'ExportError'
}

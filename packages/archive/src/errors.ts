import { StreamError } from '@datastreamer/format'

export type SegmentErrorCode =
  /** It does not begin with a description of a stream, or with one of an unknown layout. */
  | 'BAD_HEADER'
  /** A record of a type that must not stand there. */
  | 'BAD_RECORD'
  | 'BAD_INDEX'
  /** Not whole entries with the next numbers. */
  | 'BAD_ENTRIES'
  /** The content has another digest than the file says. */
  | 'WRONG_DIGEST'

/** What was being done, as in docs/spec/e2store.md §6. */
export type SegmentStep = 'open' | 'walk' | 'read' | 'verify'

/** A segment is damaged: get another copy of the file. */
export class SegmentError extends StreamError<SegmentErrorCode> {
  override readonly name: string = 'SegmentError'
  /** Byte position in the file. */
  readonly position: number
  readonly step: SegmentStep
  constructor(code: SegmentErrorCode, message: string, position: number, step: SegmentStep, options?: ErrorOptions) {
    super(code, `${message} at byte ${position}`, options)
    this.position = position
    this.step = step
  }
}

export type ChainErrorCode =
  | 'NO_FILES'
  /** A segment is of another stream than the ones before it. */
  | 'OTHER_STREAM'
  /** Entries between two segments, or between a stream and the segments, are missing. */
  | 'GAP'
  /** Two segments hold the same entries. */
  | 'OVERLAP'
  /** The entries before a segment are not those that it was made after. */
  | 'BROKEN_CHAIN'
  /** The stream that is restored into holds something else. */
  | 'TARGET_DIFFERS'

/** Segments do not fit together, or not to the stream that they are written into: choose others. */
export class ChainError extends StreamError<ChainErrorCode> {
  override readonly name: string = 'ChainError'
}

export type ExportErrorCode =
  /** Blocks are not consecutive, or entries cannot be read. */
  | 'NO_SEQUENCER_STREAM'
  /** Entries do not lie in the file where their lengths put them. */
  | 'LAYOUT_DIFFERS'
  | 'NOT_FOUND'

/** A stream cannot be archived the way requested. */
export class ExportError extends StreamError<ExportErrorCode> {
  override readonly name: string = 'ExportError'
}

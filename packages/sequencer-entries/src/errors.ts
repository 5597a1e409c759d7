import { StreamError } from '@datastreamer/format'

/** Why the data of an entry is not what its type says. */
export type SequencerEntryErrorCode =
  /** A fixed layout has another length. */
  | 'BAD_LENGTH'
  /** A field holds a value that it cannot have. */
  | 'BAD_VALUE'
  /** The bytes are not a protobuf message. */
  | 'BAD_PROTOBUF'

/** The data of one entry cannot be read: the stream is damaged or of another generation. */
export class SequencerEntryError extends StreamError<SequencerEntryErrorCode> {
  override readonly name: string = 'SequencerEntryError'
  /** Number of the entry, where the caller gave it. */
  readonly entryNumber: bigint | undefined
  /** Byte position in the entry's data. */
  readonly offset: number

  constructor(
    code: SequencerEntryErrorCode,
    message: string,
    at: { readonly entryNumber: bigint | undefined; readonly offset: number },
    options?: ErrorOptions,
  ) {
    const entry = at.entryNumber === undefined ? '' : `entry ${at.entryNumber}: `
    super(code, `${entry}${message} at byte ${at.offset} of the data`, options)
    this.entryNumber = at.entryNumber
    this.offset = at.offset
  }
}

/** How entries fail to follow each other. */
export type SequenceErrorCode =
  /** Entry numbers are not consecutive. */
  | 'ENTRY_GAP'
  /** A transaction or a block end with no block open. */
  | 'OUTSIDE_BLOCK'
  /** A transaction or a block end of another block than the open one. */
  | 'OTHER_BLOCK'
  /** A block or a batch end of another batch than the open one. */
  | 'OTHER_BATCH'

/** Blocks and batches cannot be put together from these entries; the sequence check lists what is wrong with them. */
export class SequenceError extends StreamError<SequenceErrorCode> {
  override readonly name: string = 'SequenceError'
  readonly entryNumber: bigint

  constructor(code: SequenceErrorCode, message: string, entryNumber: bigint) {
    super(code, `entry ${entryNumber}: ${message}`)
    this.entryNumber = entryNumber
  }
}

/** A block or batch is larger than the caller allowed: raise the limit that the message names. */
export class AssemblyLimitError extends StreamError<'TOO_MANY_TRANSACTIONS' | 'TOO_MANY_BLOCKS' | 'TOO_LARGE'> {
  override readonly name: string = 'AssemblyLimitError'
  readonly entryNumber: bigint

  constructor(code: AssemblyLimitError['code'], message: string, entryNumber: bigint) {
    super(code, `entry ${entryNumber}: ${message}`)
    this.entryNumber = entryNumber
  }
}

/**
 * What found the content bad: reading the structure of a file (`open`), iterating over its records (`walk`), decoding
 * a record (`read`), or checking content against what it claims to be (`verify`).
 */
export type Step = 'open' | 'walk' | 'read' | 'verify'

/** Base of every deliberate error of this package and of those that build on it. Branch on `code`; messages may change. */
export abstract class E2StoreError<Code extends string = string> extends Error {
  /** A literal: minifiers rename the class. */
  abstract override readonly name: string
  readonly code: Code
  /** Whether the same request may work later. */
  readonly retryable: boolean = false
  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** An error in the content of a file, at a position in it. */
export abstract class ContentError<Code extends string = string> extends E2StoreError<Code> {
  /** Byte position, from the start of the file, of the record or field that is wrong. */
  readonly position: number
  readonly step: Step
  constructor(code: Code, message: string, position: number, step: Step, options?: ErrorOptions) {
    super(code, `${message} at byte ${position}`, options)
    this.position = position
    this.step = step
  }
}

export type FormatCode =
  | 'EMPTY_FILE'
  | 'NO_VERSION'
  | 'UNKNOWN_VERSION'
  | 'TRUNCATED'
  | 'RESERVED_NOT_ZERO'
  | 'UNEXPECTED_TYPE'
  | 'BAD_LENGTH'
  | 'BAD_COUNT'
  | 'BAD_INDEX'
  | 'BAD_TARGET'
  | 'BAD_INTEGER'
  | 'BAD_GROUP'
  | 'BAD_SNAPPY'
  | 'BAD_CHECKSUM'
  | 'BAD_RLP'
  | 'BAD_SSZ'

/** The bytes break the format. Recovery: another copy of the file. */
export class E2FormatError<Code extends FormatCode = FormatCode> extends ContentError<Code> {
  override readonly name: string = 'E2FormatError'
}

/** The file ends inside a record. Recovery: truncate it at `wholeEnd`, or fetch the rest. */
export class UnexpectedEndError extends E2FormatError<'TRUNCATED'> {
  override readonly name: string = 'UnexpectedEndError'
  /** Where the last whole record ends. */
  readonly wholeEnd: number
  constructor(message: string, wholeEnd: number, step: Step) {
    super('TRUNCATED', message, wholeEnd, step)
    this.wholeEnd = wholeEnd
  }
}

/** Something is larger than the caller allows. Recovery: a higher limit, if the file is trusted. */
export class LimitError extends ContentError<'RECORD_TOO_LARGE' | 'OUTPUT_TOO_LARGE'> {
  override readonly name: string = 'LimitError'
}

export type VerificationCode =
  | 'WRONG_NUMBER'
  | 'WRONG_ORDER'
  | 'WRONG_PARENT'
  | 'WRONG_ROOT'
  | 'WRONG_DIFFICULTY'
  | 'WRONG_COUNT'
  | 'WRONG_PROOF'
  | 'WRONG_SIGNATURE'
  | 'WRONG_NETWORK'
  | 'WRONG_NAME'
  | 'HIDDEN_BLOCK'
  | 'WRONG_INDEX'

/** The content is well-formed but not what it claims to be. Recovery: none; do not trust the file. */
export class VerificationError extends ContentError<VerificationCode> {
  override readonly name: string = 'VerificationError'
  constructor(code: VerificationCode, message: string, position: number, options?: ErrorOptions) {
    super(code, message, position, 'verify', options)
  }
}

/** What was asked for is not in the file. */
export class NotInFileError extends E2StoreError<'NOT_IN_FILE'> {
  override readonly name: string = 'NotInFileError'
}

/** A byte source gave fewer bytes than its size says, is closed, or is not a regular file. */
export class ByteSourceError extends E2StoreError<'SHORT_READ' | 'CLOSED' | 'NOT_A_FILE'> {
  override readonly name: string = 'ByteSourceError'
}

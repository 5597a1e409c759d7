/** Base of every deliberate error of these packages. Branch on `code`; messages may change. */
export abstract class StreamError<Code extends string = string> extends Error {
  /** The class's own name, as a literal: the one that a bundler leaves to the class may be another. */
  abstract override readonly name: string
  readonly code: Code
  /** Whether the same request may work later. */
  readonly retryable: boolean = false

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Why bytes are not what the format says. */
export type FormatErrorCode =
  /** The file does not begin with the magic requested, nor with a generation 1 header. */
  | 'BAD_MAGIC'
  /** A packet begins with a byte that stands for no packet that may stand here. */
  | 'BAD_PACKET'
  /** A length field holds what its packet cannot have. */
  | 'BAD_LENGTH'
  /** An entry's number does not follow the one before it. */
  | 'BAD_NUMBER'
  /** A position or byte length is beyond 2^53 - 1, so it cannot be a real one. */
  | 'UNSAFE_NUMBER'
  /** The command's number is none that we know. */
  | 'UNKNOWN_COMMAND'
  /** The command is for a stream of another type. */
  | 'WRONG_STREAM_TYPE'
  /** A bookmark is empty or longer than 16 bytes. */
  | 'BAD_BOOKMARK'
  /** More things than the format allows. */
  | 'BAD_COUNT'
  /** The bytes end inside a packet. */
  | 'INCOMPLETE'

/** The bytes break the format. Nothing was consumed that a second look at the same bytes would not find again. */
export class FormatError extends StreamError<FormatErrorCode> {
  override readonly name: string = 'FormatError'
  /** What was found and what was expected, without the position. */
  readonly detail: string
  /** Byte position of the offending field, counted from the start of what was decoded. */
  readonly offset: number

  constructor(code: FormatErrorCode, detail: string, offset: number) {
    super(code, `${detail} at byte ${offset}`)
    this.detail = detail
    this.offset = offset
  }

  /** The same error, its offset counted from `base` bytes further ahead. */
  shifted(base: number): FormatError {
    return new FormatError(this.code, this.detail, this.offset + base)
  }
}

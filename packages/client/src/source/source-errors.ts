import { StreamError } from '@datastreamer/format'
import { type SourceFault, sourceCodeName } from '@datastreamer/format/source'
import { ProtocolError } from '../errors.ts'

/** Why a call was refused; the same codes as a store's. */
export type SourceRefusedErrorCode =
  | 'ATOMIC_OP_IN_PROGRESS'
  | 'NO_ATOMIC_OP'
  /** An operation before this one was not written. Roll back what is open, and start again. */
  | 'ATOMIC_OP_FAILED'
  | 'TRUNCATE_IN_PROGRESS'
  | 'ENTRY_TOO_LARGE'
  | 'BAD_ENTRY_TYPE'
  | 'BAD_BOOKMARK'
  /** More bytes are kept than allowed; wait for `writable()`. */
  | 'TOO_MUCH_PENDING'
  | 'ENTRY_NOT_FOUND'
  | 'ENTRY_DIFFERS'
  /** Someone else in the server's process has written meanwhile. */
  | 'WRONG_FIRST_ENTRY'
  | 'WRONG_TOTAL_ENTRIES'
  /** The server's disk failed; nothing of the operation is in the stream. */
  | 'WRITE_FAILED'
  /** The server cannot read its file or index. */
  | 'READ_FAILED'
  /** A code that this client does not know. */
  | 'UNKNOWN_CODE'
  | 'CLOSED'

/** A call, or a whole operation, was refused: nothing of it is in the stream. */
export class SourceRefusedError extends StreamError<SourceRefusedErrorCode> {
  override readonly name: string = 'SourceRefusedError'
  override readonly retryable: boolean

  constructor(code: SourceRefusedErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options)
    this.retryable = code === 'WRITE_FAILED' || code === 'READ_FAILED'
  }
}

/** Why a server does not let this source write. */
export type SourceRejectedErrorCode =
  | 'UNAUTHORIZED'
  | 'WRONG_VERSION'
  | 'WRONG_STREAM_TYPE'
  /** Another connection with the same source id took over. */
  | 'SUPERSEDED'
  /** Another source is connected. */
  | 'BUSY'
  /** The server heard nothing of this source for too long. */
  | 'INACTIVE'
  | 'SERVER_CLOSED'
  /**
   * The server cannot write until its store is opened again. A commit that is rejected with it may be in the stream:
   * once `writable()` resolves, `getHeader()` says.
   */
  | 'STORE_BROKEN'
  /** Something else went wrong there; as `STORE_BROKEN`. */
  | 'SERVER_FAILED'
  | 'UNKNOWN_CODE'

const RETRYABLE = new Set<SourceRejectedErrorCode>([
  'BUSY',
  'INACTIVE',
  'SERVER_CLOSED',
  'STORE_BROKEN',
  'SERVER_FAILED',
])

/** The server does not let this source write, for now (`retryable`) or at all. */
export class SourceRejectedError extends StreamError<SourceRejectedErrorCode> {
  override readonly name: string = 'SourceRejectedError'
  override readonly retryable: boolean

  constructor(code: SourceRejectedErrorCode, message: string) {
    super(code, message)
    this.retryable = RETRYABLE.has(code)
  }
}

/** How the stream differs from what this source knows of it. */
export type SourceConflictErrorCode =
  /** The stream is shorter than what was acknowledged, or than the caller said. */
  | 'ENTRIES_MISSING'
  /** It has entries that this source has not written. */
  | 'ENTRIES_UNKNOWN'
  /** Its last entry is another than the one that this source wrote there. */
  | 'LAST_ENTRY_DIFFERS'

/**
 * The stream is not as this source left it: someone else wrote or truncated it, or the server lost entries. Make a
 * new client once it is clear from where to go on; nothing is written by this one any more.
 */
export class SourceConflictError extends StreamError<SourceConflictErrorCode> {
  override readonly name: string = 'SourceConflictError'
  /** Entries that this source knows of: those that were acknowledged, or that the caller named. */
  readonly expectedEntries: bigint
  /** Entries in the server's stream. */
  readonly serverTotalEntries: bigint

  constructor(code: SourceConflictErrorCode, expectedEntries: bigint, serverTotalEntries: bigint) {
    const what = code === 'LAST_ENTRY_DIFFERS' ? `another entry ${serverTotalEntries - 1n}` : ''
    const found = `the stream has ${what || `${serverTotalEntries} entries`}`
    super(code, `${found}, this source knows of ${expectedEntries} entries`)
    this.expectedEntries = expectedEntries
    this.serverTotalEntries = serverTotalEntries
  }
}

/** The error for a request that a server refused. docs/spec/source-protocol.md §8. */
export function refusedError({ code, text }: SourceFault): SourceRefusedError {
  const name = sourceCodeName(code)
  switch (name) {
    case 'WRONG_FIRST_ENTRY':
    case 'WRONG_TOTAL_ENTRIES':
    case 'ATOMIC_OP_IN_PROGRESS':
    case 'ATOMIC_OP_FAILED':
    case 'TRUNCATE_IN_PROGRESS':
    case 'ENTRY_TOO_LARGE':
    case 'BAD_BOOKMARK':
    case 'TOO_MUCH_PENDING':
    case 'WRITE_FAILED':
    case 'ENTRY_NOT_FOUND':
    case 'ENTRY_DIFFERS':
    case 'READ_FAILED':
      return new SourceRefusedError(name, text)
    default:
      return new SourceRefusedError('UNKNOWN_CODE', `${code} "${text}"`)
  }
}

/** The error for the last words of a server. docs/spec/source-protocol.md §8. */
export function closingError(
  { code, text, totalEntries }: SourceFault,
  expectedEntries: bigint,
): SourceRejectedError | SourceConflictError | ProtocolError {
  const name = sourceCodeName(code)
  switch (name) {
    case 'ENTRIES_MISSING':
      return new SourceConflictError(name, expectedEntries, totalEntries)
    case 'BAD_MESSAGE':
    case 'BAD_STATE':
      return new ProtocolError('BAD_PACKET', `the server could not follow this source: ${text}`)
    case 'UNAUTHORIZED':
    case 'WRONG_VERSION':
    case 'WRONG_STREAM_TYPE':
    case 'SUPERSEDED':
    case 'BUSY':
    case 'INACTIVE':
    case 'SERVER_CLOSED':
    case 'STORE_BROKEN':
    case 'SERVER_FAILED':
      return new SourceRejectedError(name, text)
    default:
      return new SourceRejectedError('UNKNOWN_CODE', `${code} "${text}"`)
  }
}

/** Whether the server said that it cannot write, or failed at it: what it was asked for is not to be asked again. */
export function cannotWrite(error: unknown): error is SourceRejectedError {
  return error instanceof SourceRejectedError && (error.code === 'STORE_BROKEN' || error.code === 'SERVER_FAILED')
}

/** Whether another connection may do better. */
export function isRetryable(error: unknown): error is StreamError {
  return error instanceof ProtocolError || (error instanceof StreamError && error.retryable)
}

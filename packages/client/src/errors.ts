import { type ResultCodeName, resultCodeName, StreamError } from '@datastreamer/format'
import type { Checkpoint } from './checkpoint.ts'

/** Why the transport failed. */
export type ConnectionErrorCode =
  /** Nobody listens there. */
  | 'REFUSED'
  /** The peer, or this client, closed the connection. */
  | 'CLOSED'
  /** Dialling, an answer, or the next bytes took too long. */
  | 'TIMEOUT'
  /** The connection was reset. */
  | 'RESET'
  /** The TLS handshake or a certificate failed. */
  | 'TLS'
  /** The host name could not be resolved. */
  | 'DNS'
  /** No route to the host, or another failure of the system; `cause` says which. */
  | 'UNREACHABLE'

/** The transport failed; `cause` holds the socket's error if there is one. Dial again. */
export class ConnectionError extends StreamError<ConnectionErrorCode> {
  override readonly name: string = 'ConnectionError'
  override readonly retryable: boolean = true
}

/** How a peer broke the protocol. */
export type ProtocolErrorCode =
  /** An entry's number does not follow the one before it. */
  | 'GAP'
  /** A packet that may not stand here. */
  | 'UNEXPECTED_PACKET'
  /** Bytes that are no packet; `cause` is the `FormatError`. */
  | 'BAD_PACKET'
  | UnsignedStreamErrorCode

/** How a server failed to prove that its stream is that of the owner of a key. docs/spec/protocol.md §12. */
export type UnsignedStreamErrorCode =
  /** It does not sign, or is a relay that leaves signatures out, or does not have them yet. */
  | 'NOT_SIGNED'
  /** Entries came, but no signature for too long, or after too many of them. */
  | 'NO_SIGNATURE'
  /** The same, and there were signatures of other keys. */
  | 'UNKNOWN_KEY'
  /** What should be a signature of the key is none. */
  | 'BAD_SIGNATURE'
  /** What came is not what was signed. */
  | 'CHANGED'

/** The peer broke the protocol, so this connection is lost; iterations dial again a few times before they throw it. */
export class ProtocolError extends StreamError<ProtocolErrorCode> {
  override readonly name: string = 'ProtocolError'
}

/**
 * The stream is not proven to be that of a public key; nothing was delivered that is not. Ask another server, or whoever has
 * the key.
 */
export class UnsignedStreamError extends ProtocolError {
  override readonly name: string = 'UnsignedStreamError'
  declare readonly code: UnsignedStreamErrorCode

  constructor(code: UnsignedStreamErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options)
  }
}

/** What a server answers when it does not do what it was asked for. */
export type ServerRefusedErrorCode =
  | Exclude<ResultCodeName, 'OK'>
  /** A result code that the protocol does not know. */
  | 'UNKNOWN_RESULT'

/** The server answered with a result other than OK. Ask for something else. docs/spec/protocol.md §5. */
export class ServerRefusedError extends StreamError<ServerRefusedErrorCode> {
  override readonly name: string = 'ServerRefusedError'
  /** u32, the result's own number. */
  readonly resultCode: number
  /** The result's own text. */
  readonly text: string

  constructor(asked: string, result: { readonly code: number; readonly text: string }) {
    const name = resultCodeName(result.code)
    const code = name === undefined || name === 'OK' ? 'UNKNOWN_RESULT' : name
    super(code, `${asked}: the server answered ${result.code} "${result.text}"`)
    this.resultCode = result.code
    this.text = result.text
  }
}

/** What tells one stream from another. */
export type IdentityField = 'streamType' | 'systemId' | 'version'

/** The server holds another stream than expected, or than before. Dial the right server. */
export class StreamChangedError extends StreamError<'STREAM_CHANGED'> {
  override readonly name: string = 'StreamChangedError'
  readonly field: IdentityField
  readonly expected: bigint
  readonly found: bigint

  constructor(field: IdentityField, expected: bigint, found: bigint) {
    super('STREAM_CHANGED', `the server's stream has ${field} ${found}, expected ${expected}`)
    this.field = field
    this.expected = expected
    this.found = found
  }
}

/** How a history differs from the server's stream. */
export type HistoryDiffersErrorCode =
  /** It is of another stream: its header shows another stream type, system id or version. */
  | 'OTHER_STREAM'
  /** The server's stream ends before the history does. */
  | 'SERVER_SHORTER'
  /** The server has another entry than the history under the same number. */
  | 'ENTRY_DIFFERS'

/** What is known of a difference. */
export interface HistoryDifference {
  /** The history's name. */
  readonly history: string
  /** The server's, `host:port`. */
  readonly server: string
  /** Number of the entry that was compared, or that is the first one missing. */
  readonly entryNumber?: bigint | undefined
  /** The checkpoint of that entry in the history, as far as it is known. */
  readonly historyCheckpoint?: Checkpoint | undefined
  /** The same of the server's entry. */
  readonly serverCheckpoint?: Checkpoint | undefined
}

/**
 * History and server disagree, and nothing says which of them is right: find out, and go on without the one that is not. After
 * a rewrite on the server, what was archived before is another history.
 */
export class HistoryDiffersError extends StreamError<HistoryDiffersErrorCode> implements HistoryDifference {
  override readonly name: string = 'HistoryDiffersError'
  readonly history: string
  readonly server: string
  readonly entryNumber: bigint | undefined
  readonly historyCheckpoint: Checkpoint | undefined
  readonly serverCheckpoint: Checkpoint | undefined

  constructor(code: HistoryDiffersErrorCode, what: string, difference: HistoryDifference, options?: ErrorOptions) {
    const { history, server, entryNumber, historyCheckpoint, serverCheckpoint } = difference
    super(code, `history ${history} and server ${server} differ: ${what}`, options)
    this.history = history
    this.server = server
    this.entryNumber = entryNumber
    this.historyCheckpoint = historyCheckpoint
    this.serverCheckpoint = serverCheckpoint
  }
}

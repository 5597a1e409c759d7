import { type HistorySource, MAX_ENTRY_BYTES, SEQUENCER_STREAM_TYPE, type U64, u64Of } from '@datastreamer/format'
import { type ClientTlsOptions, type Clock, type Net, nodeNet, systemClock } from '@datastreamer/runtime'
import { hostPortText, parseServerAddress } from './address.ts'

/** How long iterations wait before they dial again. */
export interface BackoffOptions {
  /** Wait before the first attempt after a failure (default 100). */
  readonly minMs?: number | undefined
  /** Longest wait (default 10,000). */
  readonly maxMs?: number | undefined
  /** What each failure in a row multiplies the wait by (default 2). */
  readonly factor?: number | undefined
  /** Part of the wait, 0 to 1, that is left to chance, so that many clients do not come back at once (default 0.5). */
  readonly jitter?: number | undefined
  /** Failures in a row, without an entry in between, after which the error is thrown (default: never). */
  readonly maxAttempts?: number | undefined
}

/** All of {@link ClientOptions} but the address, for who gives that as text. */
export interface ConnectOptions {
  /** u64 sent with every command; a server closes the connection on any other than its own (default 1). */
  readonly streamType?: U64 | undefined
  /** Refuse a server whose header shows another system id. */
  readonly systemId?: U64 | undefined
  /** Refuse a server whose header shows another version. */
  readonly version?: number | undefined
  /** Dial with TLS (default: plain TCP). */
  readonly tls?: ClientTlsOptions | undefined
  /** Longest wait for a connection, TLS handshake included (default 10,000). */
  readonly connectTimeoutMs?: number | undefined
  /**
   * Longest time without a byte of an answer, or of entries that the server is known to have (default 10,000). An answer
   * or entry that comes slowly has this time, and a second more for each 1,000 bytes of it.
   */
  readonly responseTimeoutMs?: number | undefined
  /** Longest time without traffic at the head of a stream before the connection is given up (default: none, chains may be quiet). */
  readonly idleTimeoutMs?: number | undefined
  /**
   * How long a stream may bring nothing at its head before the header is asked for, on a connection beside it: some
   * servers accept a start and then send nothing (default 1,000; twice as long from time to time, up to a minute).
   */
  readonly headCheckMs?: number | undefined
  /** Quiet time before TCP keep-alive probes, which find peers that vanished (default 30,000). */
  readonly keepAliveMs?: number | undefined
  readonly backoff?: BackoffOptions | undefined
  /**
   * Ask for entries in compressed packets, where the server knows them: `auto` (default) unless it is on this machine.
   * docs/spec/protocol.md §10.
   */
  readonly compression?: 'auto' | boolean | undefined
  /**
   * Deliver entries only once they are proven to be what the owner of this key, or of one of them, has signed: verifier keys
   * as text, `<name>+<id>+<base64>`. Questions are not covered. docs/spec/protocol.md §12.
   */
  readonly publicKey?: string | readonly string[] | undefined
  /** Largest entry accepted, in bytes (default 1 MiB, the largest that a stream can hold). */
  readonly maxEntryBytes?: number | undefined
  /** Bytes read ahead of the consumer before the socket is paused (default 1 MiB). */
  readonly readAheadBytes?: number | undefined
  /**
   * A verified archive of the stream's beginning: iterations that begin at an entry that it has read from it first, and from
   * the server after that (default: from the server only).
   */
  readonly history?: HistorySource | undefined
  /**
   * Failures of the history in a row, without an entry in between, after which an iteration reads from the server what the
   * history could not give (default 8).
   */
  readonly historyMaxFailures?: number | undefined
  /** Ends the client and all it does; its reason is thrown everywhere. */
  readonly signal?: AbortSignal | undefined
  /** Time and timers (default: this machine's). */
  readonly clock?: Clock | undefined
  /** Where it dials (default: this machine's network). */
  readonly net?: Net | undefined
}

/** How a server is reached, and how its stream is read. */
export interface ClientOptions extends ConnectOptions {
  /** Without brackets if it is an IPv6 address. */
  readonly host: string
  readonly port: number
}

/** Options with every default filled in. */
export interface Settings {
  /** `host:port`, with brackets around an IPv6 address. */
  readonly name: string
  readonly host: string
  readonly port: number
  readonly streamType: bigint
  readonly systemId: bigint | undefined
  readonly version: number | undefined
  readonly tls: ClientTlsOptions | undefined
  readonly connectTimeoutMs: number
  readonly responseTimeoutMs: number
  readonly idleTimeoutMs: number | undefined
  readonly headCheckMs: number
  readonly keepAliveMs: number
  readonly backoff: Backoff
  readonly compression: 'auto' | boolean
  /** None: entries need no proof. */
  readonly publicKeys: readonly string[]
  readonly maxEntryBytes: number
  readonly readAheadBytes: number
  readonly historyMaxFailures: number
  readonly clock: Clock
  readonly net: Net
}

export interface Backoff {
  readonly minMs: number
  readonly maxMs: number
  readonly factor: number
  readonly jitter: number
  readonly maxAttempts: number
}

/** Longest delay that a timer takes. */
const MAX_TIMER_MS = 0x7fff_ffff

/**
 * Check options and fill in the defaults.
 *
 * @throws {RangeError} naming the option that is out of range
 */
export function settingsOf(options: ClientOptions): Settings {
  const { backoff = {}, host, systemId } = options
  const port = within('port', options.port, 1, 0xffff)
  return {
    name: hostPortText({ host, port }),
    host,
    port,
    streamType: u64Of(options.streamType ?? SEQUENCER_STREAM_TYPE, 'streamType'),
    systemId: systemId === undefined ? undefined : u64Of(systemId, 'systemId'),
    version: options.version,
    tls: options.tls,
    connectTimeoutMs: within('connectTimeoutMs', options.connectTimeoutMs ?? 10_000, 1, MAX_TIMER_MS),
    responseTimeoutMs: within('responseTimeoutMs', options.responseTimeoutMs ?? 10_000, 1, MAX_TIMER_MS),
    idleTimeoutMs: optionalMs('idleTimeoutMs', options.idleTimeoutMs),
    headCheckMs: within('headCheckMs', options.headCheckMs ?? 1000, 1, MAX_TIMER_MS),
    keepAliveMs: within('keepAliveMs', options.keepAliveMs ?? 30_000, 1, MAX_TIMER_MS),
    backoff: {
      minMs: within('backoff.minMs', backoff.minMs ?? 100, 0, MAX_TIMER_MS),
      maxMs: within('backoff.maxMs', backoff.maxMs ?? 10_000, 0, MAX_TIMER_MS),
      factor: within('backoff.factor', backoff.factor ?? 2, 1, 100),
      jitter: within('backoff.jitter', backoff.jitter ?? 0.5, 0, 1),
      maxAttempts: within('backoff.maxAttempts', backoff.maxAttempts ?? Number.POSITIVE_INFINITY, 1),
    },
    compression: options.compression ?? 'auto',
    publicKeys: [options.publicKey ?? []].flat(),
    maxEntryBytes: within('maxEntryBytes', options.maxEntryBytes ?? MAX_ENTRY_BYTES, 17, MAX_ENTRY_BYTES),
    readAheadBytes: within('readAheadBytes', options.readAheadBytes ?? 1_048_576, 1, 0x4000_0000),
    historyMaxFailures: within('historyMaxFailures', options.historyMaxFailures ?? 8, 1),
    clock: options.clock ?? systemClock,
    net: options.net ?? nodeNet,
  }
}

/**
 * Options with the address that a text names: `host:port`, `tls://host:port` or `tcp://host:port`.
 *
 * @throws {TypeError} if it is no such text, or says `tcp://` beside the option `tls`
 */
export function withAddress<T extends { readonly tls?: ClientTlsOptions | undefined }>(
  text: string,
  options: T,
): T & { readonly host: string; readonly port: number } {
  const address = parseServerAddress(text)
  if (address === undefined) throw new TypeError(`"${text}" is not host:port, tls://host:port or tcp://host:port`)
  const { host, port, scheme } = address
  if (scheme === 'tcp' && options.tls !== undefined)
    throw new TypeError(`"${text}" is dialled without TLS, not with it`)
  return { ...options, host, port, ...(scheme === 'tls' && { tls: options.tls ?? {} }) }
}

/** Check a time limit that may be left out. */
function optionalMs(name: string, value: number | undefined): number | undefined {
  return value === undefined ? undefined : within(name, value, 1, MAX_TIMER_MS)
}

/** The value, if it lies within bounds. @throws {RangeError} naming the option if not */
export function within(name: string, value: number, min: number, max: number = Number.POSITIVE_INFINITY): number {
  if (!(value >= min && value <= max)) throw new RangeError(`${name} is ${value}, expected ${min} to ${max}`)
  return value
}

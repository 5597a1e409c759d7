import { randomBytes } from 'node:crypto'
import { type U64, u64Of } from '@datastreamer/format'
import { type ClientOptions, type ConnectOptions, type Settings, settingsOf, within } from '../options.ts'

/** All of {@link SourceOptions} but the address, for who gives that as text. */
export interface SourceConnectOptions
  extends Pick<
    ConnectOptions,
    | 'streamType'
    | 'systemId'
    | 'version'
    | 'tls'
    | 'connectTimeoutMs'
    | 'responseTimeoutMs'
    | 'keepAliveMs'
    | 'backoff'
    | 'signal'
    | 'clock'
    | 'net'
  > {
  /** What the server asks of sources (default: nothing is sent). */
  readonly token?: string | undefined
  /**
   * Who this is: 1 to 64 printable ASCII characters (default: made up). A source client with the same id takes over
   * from one that is connected; one with another id is refused while that is there.
   */
  readonly sourceId?: string | undefined
  /**
   * Number of the entry that comes next, as the caller knows it from before (default: whatever the server has). Another
   * number on the server is a `SourceConflictError`.
   */
  readonly nextEntry?: U64 | undefined
  /** Bytes of committed operations that may be unacknowledged before `writable()` waits (default 16 MiB). */
  readonly bufferBytes?: number | undefined
  /** Bytes that may be kept in all before adding more is refused (default 1 GiB). */
  readonly maxBufferedBytes?: number | undefined
}

/** How a server of sources is reached, and what is kept for it. */
export interface SourceOptions extends SourceConnectOptions, Pick<ClientOptions, 'host' | 'port'> {}

/** How a source stands. */
export interface SourceClientStatus {
  readonly connected: boolean
  /** Operations that were committed here and that the server has not acknowledged. */
  readonly unacknowledged: number
  /** Bytes that are kept for them. */
  readonly bufferedBytes: number
  /** What the last connection failed with. */
  readonly lastError: unknown
}

export interface SourceCloseOptions {
  /** Longest wait for answers that are missing (default 10,000). */
  readonly graceMs?: number | undefined
}

/** Options with every default filled in. */
export interface SourceSettings {
  readonly dial: Settings
  readonly token: Uint8Array
  readonly sourceId: string
  readonly nextEntry: bigint | undefined
  readonly bufferBytes: number
  readonly maxBufferedBytes: number
}

const MIB = 1_048_576
/** What a hello says if the caller does not know the number. docs/spec/source-protocol.md §3. */
const NO_ENTRY = 0xffff_ffff_ffff_ffffn

/**
 * Check options and fill in the defaults.
 *
 * @throws {RangeError} naming the option that is out of range
 */
export function sourceSettingsOf(options: SourceOptions): SourceSettings {
  const { token = '', sourceId = `source-${randomBytes(8).toString('hex')}`, nextEntry } = options
  if (!/^[\x20-\x7e]{1,64}$/.test(sourceId)) {
    throw new RangeError(`sourceId is "${sourceId}", expected 1 to 64 printable ASCII characters`)
  }
  const tokenBytes = Uint8Array.from(Buffer.from(token))
  within('token.length', tokenBytes.length, 0, 1024)
  const next = nextEntry === undefined ? undefined : u64Of(nextEntry, 'nextEntry')
  if (next === NO_ENTRY) throw new RangeError(`nextEntry is ${next}, expected the number of an entry`)
  return {
    dial: settingsOf(options),
    token: tokenBytes,
    sourceId,
    nextEntry: next,
    bufferBytes: within('bufferBytes', options.bufferBytes ?? 16 * MIB, 1),
    maxBufferedBytes: within('maxBufferedBytes', options.maxBufferedBytes ?? 1024 * MIB, 1),
  }
}

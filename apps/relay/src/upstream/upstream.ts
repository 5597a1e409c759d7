import { type ClientOptions, hostPortText, parseServerAddress } from '@datastreamer/client'
import type { HistorySource } from '@datastreamer/format'
import type { ClientTlsOptions, Clock, Net } from '@datastreamer/runtime'
import { ConfigError } from '@datastreamer/service'
import type { StreamReader } from '@datastreamer/store'
import type { UpstreamTls } from './upstream-tls.ts'

/** A server to follow. */
export interface Upstream {
  /** As logs and status call it: `host:port`, `tls://host:port`. */
  readonly name: string
  readonly host: string
  readonly port: number
  /** With what to dial it now; `undefined` for plain TCP. */
  readonly tls: ClientTlsOptions | undefined
}

/** How upstreams are reached, and how long they may take for what. */
export interface UpstreamLimits {
  readonly connectTimeoutMs?: number | undefined
  /** Longest time without a byte of an answer, or of entries that the upstream is known to have. */
  readonly responseTimeoutMs?: number | undefined
  /** Whether to ask them for compressed entries (default `auto`: unless they are on this machine). */
  readonly compression?: 'auto' | boolean | undefined
  /** Whose signatures have to prove what comes from upstream (default: it needs no proof). */
  readonly publicKey?: readonly string[] | undefined
  /** What to catch up from before the upstream. */
  readonly history?: HistorySource | undefined
  /** Time and timers (default: this machine's). */
  readonly clock?: Clock | undefined
  /** Where they are dialled (default: this machine's network). */
  readonly net?: Net | undefined
}

/** Which stream is expected; what is left out is taken as it comes. */
export interface ExpectedStream {
  readonly streamType: bigint
  readonly systemId?: bigint | undefined
  readonly version?: number | undefined
}

/** Which stream an upstream of a file has to have. A header of 29 bytes does not say it all. */
export function streamOf(file: Pick<StreamReader, 'getHeader'>): ExpectedStream {
  const { generation, streamType, systemId, version } = file.getHeader()
  return generation === 3 ? { streamType, systemId, version } : { streamType }
}

/**
 * Read `host:port`, `[::1]:6900`, `[fe80::1%eth0]:6900`, `tls://host:port` or `tcp://host:port`.
 *
 * @param tls what TLS is dialled with, and whether it also is without a scheme
 * @throws {ConfigError} `BAD_VALUE`
 */
export function readUpstream(text: string, tls: Pick<UpstreamTls, 'options' | 'always'>): Upstream {
  const address = parseServerAddress(text)
  if (address === undefined) {
    throw new ConfigError('BAD_VALUE', `--server: "${text}" is not host:port, tls://host:port or tcp://host:port`)
  }
  const { host, port, scheme } = address
  const overTls = scheme === 'tls' || (scheme === undefined && tls.always)
  const name = `${overTls ? 'tls://' : ''}${hostPortText(address)}`
  return {
    name,
    host,
    port,
    get tls() {
      return overTls ? tls.options : undefined
    },
  }
}

/** Options of a client that gives up at the first failure: the relay decides where to go on. */
export function clientOptions(
  { host, port, tls }: Upstream,
  { connectTimeoutMs, responseTimeoutMs, compression, publicKey, history, clock, net }: UpstreamLimits,
  { streamType, systemId, version }: ExpectedStream,
): ClientOptions {
  const backoff = { maxAttempts: 1 }
  const limits = { connectTimeoutMs, responseTimeoutMs, compression, publicKey, history, clock, net, backoff }
  return { host, port, tls, streamType, systemId, version, ...limits }
}

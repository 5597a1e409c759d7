import type { ServerTlsOptions } from '@datastreamer/runtime'

export interface ListenOptions {
  /** Address to listen on (default 127.0.0.1: this machine only). */
  readonly host?: string | undefined
  /** Port to listen on (default: that of the protocol); 0 takes any that is free. */
  readonly port?: number | undefined
  /** TLS instead of plain TCP. */
  readonly tls?: ServerTlsOptions | undefined
}

/** Where to listen, with all defaults filled in. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
  readonly tls: ServerTlsOptions | undefined
}

/** @param options a port, or more than that */
export function listenAddress(options: number | ListenOptions = {}, defaultPort: number): ListenAddress {
  const { host = '127.0.0.1', port = defaultPort, tls } = typeof options === 'number' ? { port: options } : options
  return { host, port, tls }
}

export interface CloseOptions {
  /** Time that connections have to take what was written to them (default 5,000). */
  readonly graceMs?: number | undefined
}

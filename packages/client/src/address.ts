/** A name without slashes and controls, or an IPv6 address in brackets, with its zone if it needs one; a colon; a port. */
const HOST_PORT = /^(?:\[([0-9a-f:.]+(?:%[^\]\s/\p{C}]+)?)\]|([^:/[\]\s\p{C}]+)):(\d{1,5})$/iu
/** The scheme, if there is one, and the rest. */
const SCHEME = /^(?:(tls|tcp):\/\/)?(.*)$/s

/**
 * Read `host:port`, `[::1]:6900` or `[fe80::1%eth0]:6900`.
 *
 * @returns the host without brackets, and the port, which may be beyond 65,535; `undefined` if it is no such text
 */
export function parseHostPort(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, bracketed, plain, port] = HOST_PORT.exec(text) ?? []
  const host = bracketed ?? plain
  return host === undefined ? undefined : { host, port: Number(port) }
}

/** Where a server is, and how it wants to be dialled. */
export interface ServerAddress {
  /** Without brackets. */
  readonly host: string
  readonly port: number
  /** `undefined`: the text does not say. */
  readonly scheme: 'tls' | 'tcp' | undefined
}

/**
 * Read `host:port` as {@link parseHostPort} does, `tls://host:port` or `tcp://host:port`.
 *
 * @returns `undefined` if it is no such text, or the port is none
 */
export function parseServerAddress(text: string): ServerAddress | undefined {
  const [, scheme, rest = ''] = SCHEME.exec(text) ?? []
  const found = parseHostPort(rest)
  if (found === undefined || found.port < 1 || found.port > 0xffff) return undefined
  return { ...found, scheme: scheme === 'tls' || scheme === 'tcp' ? scheme : undefined }
}

/** `host:port`, with brackets around an IPv6 address. */
export function hostPortText({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

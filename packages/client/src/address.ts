/** A name without slashes and controls, or an IPv6 address in brackets, with its zone if it needs one; a colon; a port. */
const HOST_PORT = /^(?:\[([0-9a-f:.]+(?:%[^\]\s/\p{C}]+)?)\]|([^:/[\]\s\p{C}]+)):(\d{1,5})$/iu

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

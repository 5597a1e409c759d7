/** Where something listens. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** `127.0.0.1:6900`, `[::1]:6900`. */
export function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

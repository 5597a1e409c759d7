import { StreamError } from '@datastreamer/format'
import { isIPv4, plainAddress } from '@datastreamer/runtime'
import type { ListenOptions } from '../socket/listen-options.ts'

/** Whoever can reach the address could write the stream. Give a token, or TLS that asks for client certificates. */
export class UnprotectedError extends StreamError<'UNPROTECTED'> {
  override readonly name: string = 'UnprotectedError'
}

/**
 * Check that not everybody could write the stream.
 *
 * @throws {UnprotectedError} if the address can be reached from other machines and neither a token nor client
 * certificates are asked for
 * @see docs/spec/source-protocol.md §1
 */
export function checkProtection(host: string, token: string | undefined, tls: ListenOptions['tls']): void {
  if (isLoopback(host) || (token !== undefined && token !== '')) return
  // Without an authority of its own, whoever has a certificate of a public one would be accepted.
  if (tls?.requestCert === true && tls.rejectUnauthorized !== false && tls.ca !== undefined) return
  const message = `sources on ${host} must be asked for a token or a client certificate: other machines can reach it`
  throw new UnprotectedError('UNPROTECTED', message)
}

function isLoopback(host: string): boolean {
  const plain = plainAddress(host).toLowerCase()
  return plain === 'localhost' || plain === '::1' || (isIPv4(plain) && plain.startsWith('127.'))
}

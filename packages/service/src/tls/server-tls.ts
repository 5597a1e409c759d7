import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { ServerTlsOptions } from '@datastreamer/server'
import { ConfigError } from '../errors.ts'

/** The `--tls-*` options. */
export interface TlsFiles {
  readonly tlsCert: string | undefined
  readonly tlsKey: string | undefined
  readonly tlsClientCa: string | undefined
}

/**
 * What `node:tls` needs to listen, or `undefined` if no certificate was given. With a client CA every client has to show
 * a certificate that it signed.
 *
 * @throws {ConfigError} `CONFLICT` or `BAD_TLS`, naming the option
 */
export function loadServerTls({ tlsCert, tlsKey, tlsClientCa }: TlsFiles): ServerTlsOptions | undefined {
  if (tlsCert === undefined && tlsKey === undefined) {
    if (tlsClientCa === undefined) return undefined
    throw new ConfigError('CONFLICT', '--tls-client-ca needs --tls-cert and --tls-key')
  }
  if (tlsCert === undefined) throw new ConfigError('CONFLICT', '--tls-key needs --tls-cert')
  if (tlsKey === undefined) throw new ConfigError('CONFLICT', '--tls-cert needs --tls-key')
  const own = { cert: readPem('--tls-cert', tlsCert), key: readPem('--tls-key', tlsKey) }
  tryOut(own, `--tls-cert ${tlsCert} and --tls-key ${tlsKey}`)
  if (tlsClientCa === undefined) return own
  const ca = readPem('--tls-client-ca', tlsClientCa)
  tryOut({ ca }, `--tls-client-ca ${tlsClientCa}`)
  return { ...own, ca, requestCert: true, rejectUnauthorized: true }
}

/** Read a PEM file. @throws {ConfigError} `BAD_TLS` */
export function readPem(option: string, path: string): string {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new ConfigError('BAD_TLS', `${option}: ${(error as Error).message}`, { cause: error })
  }
  if (text.includes('-----BEGIN ')) return text
  throw new ConfigError('BAD_TLS', `${option}: ${path} is no PEM file`)
}

function tryOut(options: { cert?: string; key?: string; ca?: string }, what: string): void {
  try {
    createSecureContext(options)
  } catch (error) {
    throw new ConfigError('BAD_TLS', `${what} cannot be used: ${(error as Error).message}`, { cause: error })
  }
}

import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { ServerTlsOptions } from '@datastreamer/runtime'
import { ConfigError } from '../errors.ts'
import { readText } from '../text/read-text.ts'

/** The `--tls-*` options. */
export interface TlsFiles {
  readonly tlsCert: string | undefined
  readonly tlsKey: string | undefined
  readonly tlsClientCa: string | undefined
}

const CERTIFICATE = /^-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/

/**
 * What `node:tls` needs to listen, or `undefined` if no certificate was given. With a client CA every client has to show
 * a certificate that it signed.
 *
 * @throws {ConfigError} `CONFLICT`, `BAD_FILE` or `BAD_TLS`, naming the option
 */
export function loadServerTls({ tlsCert, tlsKey, tlsClientCa }: TlsFiles): ServerTlsOptions | undefined {
  if (tlsCert === undefined && tlsKey === undefined) {
    if (tlsClientCa === undefined) return undefined
    throw new ConfigError('CONFLICT', '--tls-client-ca needs --tls-cert and --tls-key')
  }
  if (tlsCert === undefined) throw new ConfigError('CONFLICT', '--tls-key needs --tls-cert')
  if (tlsKey === undefined) throw new ConfigError('CONFLICT', '--tls-cert needs --tls-key')
  const own = readKeyPair('--tls', tlsCert, tlsKey)
  if (tlsClientCa === undefined) return own
  const ca = readAuthorities('--tls-client-ca', tlsClientCa)
  return { ...own, ca, requestCert: true, rejectUnauthorized: true }
}

/**
 * Read a PEM file of a certificate chain and that of its key, which must belong together.
 *
 * @param prefix of the options that name them: `--tls` of `--tls-cert` and `--tls-key`
 * @throws {ConfigError} `BAD_FILE`, `BAD_TLS`
 */
export function readKeyPair(prefix: string, certPath: string, keyPath: string): { cert: string; key: string } {
  const pair = { cert: readPem(`${prefix}-cert`, certPath), key: readPem(`${prefix}-key`, keyPath) }
  tryOut(() => createSecureContext(pair), `${prefix}-cert ${certPath} and ${prefix}-key ${keyPath}`)
  return pair
}

/**
 * Read a PEM file of certificates of authorities. All of it must be sound: OpenSSL leaves out what it cannot read, and
 * what stands after that, without a word.
 *
 * @throws {ConfigError} `BAD_FILE`, `BAD_TLS`
 */
export function readAuthorities(option: string, path: string): string {
  const text = readPem(option, path)
  const certificates = text.split(/^(?=-----BEGIN )/m).filter((block) => CERTIFICATE.test(block))
  if (certificates.length === 0) throw new ConfigError('BAD_TLS', `${option}: ${path} holds no certificate`)
  for (const [i, certificate] of certificates.entries()) {
    tryOut(() => new X509Certificate(certificate), `${option}: certificate ${i + 1} of ${path}`)
  }
  return text
}

function readPem(option: string, path: string): string {
  const text = readText(option, path)
  if (text.includes('-----BEGIN ')) return text
  throw new ConfigError('BAD_TLS', `${option}: ${path} is no PEM file`)
}

function tryOut(use: () => unknown, what: string): void {
  try {
    use()
  } catch (error) {
    throw new ConfigError('BAD_TLS', `${what} cannot be used: ${(error as Error).message}`, { cause: error })
  }
}

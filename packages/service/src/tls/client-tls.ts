import { ConfigError } from '../errors.ts'
import { readAuthorities, readKeyPair } from './server-tls.ts'

/** The options that say how a program dials with TLS. */
export interface ClientTlsFiles {
  /** PEM certificates of authorities to trust instead of the public ones. */
  readonly ca?: string | undefined
  /** PEM certificate chain to show to the server. */
  readonly cert?: string | undefined
  /** PEM private key of that certificate. */
  readonly key?: string | undefined
  /** Name that the server's certificate must have. */
  readonly servername?: string | undefined
}

/** What `node:tls` needs to dial. */
export interface ClientTls {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly servername?: string
}

/**
 * Read the files that a program dials with.
 *
 * @param prefix of the options that name them: `--tls` of `--tls-ca`, `--tls-cert` and `--tls-key`
 * @throws {ConfigError} `CONFLICT`, `BAD_FILE` or `BAD_TLS`, naming the option
 */
export function loadClientTls(prefix: string, { ca, cert, key, servername }: ClientTlsFiles): ClientTls {
  if ((cert === undefined) !== (key === undefined)) {
    const [has, lacks] = key === undefined ? ['cert', 'key'] : ['key', 'cert']
    throw new ConfigError('CONFLICT', `${prefix}-${has} needs ${prefix}-${lacks}`)
  }
  return {
    ...(ca !== undefined && { ca: readAuthorities(`${prefix}-ca`, ca) }),
    ...(cert !== undefined && key !== undefined && readKeyPair(prefix, cert, key)),
    ...(servername !== undefined && { servername }),
  }
}

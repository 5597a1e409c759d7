import type { TlsOptions } from '@datastreamer/client'
import { ConfigError, readPem } from '@datastreamer/service'

/** The `--server-tls*` options. */
export interface UpstreamTlsFiles {
  readonly serverTls: boolean
  readonly serverTlsCa: string | undefined
  readonly serverTlsCert: string | undefined
  readonly serverTlsKey: string | undefined
  readonly serverTlsName: string | undefined
}

/**
 * What servers are dialled with over TLS.
 *
 * @returns `options` for those that ask for TLS, and whether those that say nothing get it too
 * @throws {ConfigError} `CONFLICT` or `BAD_TLS`, naming the option
 */
export function loadUpstreamTls(files: UpstreamTlsFiles): { readonly options: TlsOptions; readonly always: boolean } {
  const { serverTls, serverTlsCa, serverTlsCert, serverTlsKey, serverTlsName } = files
  if ((serverTlsCert === undefined) !== (serverTlsKey === undefined)) {
    const [has, lacks] = serverTlsKey === undefined ? ['cert', 'key'] : ['key', 'cert']
    throw new ConfigError('CONFLICT', `--server-tls-${has} needs --server-tls-${lacks}`)
  }
  const options: TlsOptions = {
    ...(serverTlsCa !== undefined && { ca: readPem('--server-tls-ca', serverTlsCa) }),
    ...(serverTlsCert !== undefined && { cert: readPem('--server-tls-cert', serverTlsCert) }),
    ...(serverTlsKey !== undefined && { key: readPem('--server-tls-key', serverTlsKey) }),
    ...(serverTlsName !== undefined && { servername: serverTlsName }),
  }
  return { options, always: serverTls || serverTlsCa !== undefined || serverTlsCert !== undefined }
}

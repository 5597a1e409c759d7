import type { ClientTlsOptions } from '@datastreamer/runtime'
import { loadClientTls } from '@datastreamer/service'

/** The `--server-tls*` options. */
export interface UpstreamTlsFiles {
  readonly serverTls: boolean
  readonly serverTlsCa: string | undefined
  readonly serverTlsCert: string | undefined
  readonly serverTlsKey: string | undefined
  readonly serverTlsName: string | undefined
}

/** What servers are dialled with over TLS. */
export class UpstreamTls {
  readonly #files: UpstreamTlsFiles
  #options: ClientTlsOptions

  /** @throws {ConfigError} `CONFLICT`, `BAD_FILE` or `BAD_TLS`, naming the option */
  constructor(files: UpstreamTlsFiles) {
    this.#files = files
    this.#options = load(files)
  }

  /** For those that ask for TLS. */
  get options(): ClientTlsOptions {
    return this.#options
  }

  /** Whether those that say nothing get it too. */
  get always(): boolean {
    const { serverTls, serverTlsCa, serverTlsCert } = this.#files
    return serverTls || serverTlsCa !== undefined || serverTlsCert !== undefined
  }

  /** Read the files again; what it returns puts them to use. @throws {ConfigError} `BAD_FILE`, `BAD_TLS` */
  readAgain(): () => void {
    const options = load(this.#files)
    return () => {
      this.#options = options
    }
  }
}

function load({ serverTlsCa, serverTlsCert, serverTlsKey, serverTlsName }: UpstreamTlsFiles): ClientTlsOptions {
  const files = { ca: serverTlsCa, cert: serverTlsCert, key: serverTlsKey, servername: serverTlsName }
  return loadClientTls('--server-tls', files)
}

/** The files of certificates and keys, for programs that are no service: nothing else is loaded with them. */
export { ConfigError, type ConfigErrorCode } from './errors.ts'
export { type ClientTls, type ClientTlsFiles, loadClientTls } from './tls/client-tls.ts'
export { type TlsFlags, tlsHint } from './tls/tls-hint.ts'

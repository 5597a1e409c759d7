/** The options of a program that say what it trusts and shows when it dials. */
export interface TlsFlags {
  readonly ca: string
  readonly cert: string
  readonly name: string
  /** Turns TLS on. */
  readonly on: string
}

/** Nobody that is trusted has signed the certificate: codes of Node and OpenSSL. */
const UNTRUSTED: ReadonlySet<unknown> = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_UNTRUSTED',
])

/** The server wants a certificate, or another one. */
const NOT_SHOWN = /_ALERT_(?:CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN)$/

/**
 * Which option to look at after a handshake failed.
 *
 * @param error what dialling failed with; its causes are looked at
 * @returns `undefined` if the error is not of TLS, or no option helps
 */
export function tlsHint(error: unknown, flags: TlsFlags): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    const code = 'code' in at ? at.code : undefined
    if (UNTRUSTED.has(code)) return `${flags.ca} names the certificates to trust, if its authority is a private one`
    if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `${flags.name} says which name the certificate has`
    if (code === 'ERR_SSL_WRONG_VERSION_NUMBER') return `the server does not seem to speak TLS: leave out ${flags.on}`
    if (typeof code === 'string' && NOT_SHOWN.test(code))
      return `${flags.cert} names the certificate to show, if the server asks for one`
  }
  return undefined
}

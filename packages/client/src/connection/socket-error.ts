import { ConnectionError, type ConnectionErrorCode } from '../errors.ts'

const CODES = new Map<string, ConnectionErrorCode>([
  ['ECONNREFUSED', 'REFUSED'],
  ['ECONNRESET', 'RESET'],
  ['ECONNABORTED', 'RESET'],
  ['EPIPE', 'RESET'],
  ['ETIMEDOUT', 'TIMEOUT'],
  ['ENOTFOUND', 'DNS'],
  ['EAI_AGAIN', 'DNS'],
  ['EAI_FAIL', 'DNS'],
  ['EAI_NODATA', 'DNS'],
  ['EPROTO', 'TLS'],
])

/** The typed error for what a socket failed with; TLS names its causes in codes that are no error numbers. */
export function connectionError(error: Error, peer: string, overTls: boolean): ConnectionError {
  const errno = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const fallback = overTls && !/^E[A-Z]+$/.test(errno) ? 'TLS' : 'UNREACHABLE'
  const code = CODES.get(errno) ?? fallback
  return new ConnectionError(code, `${peer}: ${reasonOf(error) || errno}`, { cause: error })
}

/** Advice for whoever calls `node` by hand. */
const NODE_ADVICE = /; if the root CA is installed locally, try running Node\.js with --use-system-ca$/

/** OpenSSL's messages hold its addresses in memory, its source files and a line break; its reason says it all. */
function reasonOf(error: Error): string {
  const isOpenSsl = 'reason' in error && typeof error.reason === 'string' && 'library' in error
  return isOpenSsl ? (error.reason as string) : error.message.trim().replace(NODE_ADVICE, '')
}

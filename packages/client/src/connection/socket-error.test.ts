import { expect, test } from 'vitest'
import { connectionError } from './socket-error.ts'

test.each([
  ['ECONNREFUSED', false, 'REFUSED'],
  ['ECONNRESET', true, 'RESET'],
  ['EPIPE', false, 'RESET'],
  ['ENOTFOUND', false, 'DNS'],
  ['EAI_AGAIN', false, 'DNS'],
  ['ETIMEDOUT', false, 'TIMEOUT'],
  ['EHOSTUNREACH', false, 'UNREACHABLE'],
  ['EHOSTUNREACH', true, 'UNREACHABLE'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', true, 'TLS'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', true, 'TLS'],
  ['EPROTO', true, 'TLS'],
])('%s (TLS: %s) becomes %s', (errno, overTls, code) => {
  const cause = Object.assign(new Error('what the system says'), { code: errno })
  const error = connectionError(cause, 'host:1', overTls)
  expect(error).toMatchObject({ code, cause, retryable: true, message: 'host:1: what the system says' })
})

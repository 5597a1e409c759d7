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

test('of what OpenSSL says the reason is shown', () => {
  const message = '4063FC21:error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:rec.c:918:\n'
  const found = { code: 'ERR_SSL_TLSV13_ALERT', library: 'SSL routines', reason: 'tlsv13 alert certificate required' }
  const cause = Object.assign(new Error(message), found)
  expect(connectionError(cause, 'host:1', true).message).toBe('host:1: tlsv13 alert certificate required')
})

test('a certificate for another name has a reason of its own, which is no more than the message', () => {
  const cause = Object.assign(new Error('not in the list: '), { code: 'ERR_TLS_CERT_ALTNAME_INVALID', reason: 'IP' })
  expect(connectionError(cause, 'host:1', true).message).toBe('host:1: not in the list:')
})

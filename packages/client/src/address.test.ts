import { expect, test } from 'vitest'
import { hostPortText, parseHostPort, parseServerAddress } from './address.ts'

test.each([
  ['a.example:6900', 'a.example', 6900],
  ['127.0.0.1:1', '127.0.0.1', 1],
  ['[::1]:6900', '::1', 6900],
  ['[::ffff:10.0.0.1]:6900', '::ffff:10.0.0.1', 6900],
  ['[FE80::1%eth0]:6900', 'FE80::1%eth0', 6900],
  ['[fe80::1%enp3s0.100]:6900', 'fe80::1%enp3s0.100', 6900],
  ['a:99999', 'a', 99_999],
])('%s', (text, host, port) => {
  expect(parseHostPort(text)).toEqual({ host, port })
})

test.each([
  ...['', 'a', 'a:', ':1', 'a:b:1', '::1:6900', 'fe80::1%eth0:6900', '[::1]', '[fe80::1%]:1', '[%eth0]:1'],
  ...['[fe80::1%eth0', '[fe80::1%e/0]:1', '[fe80::1%e\n]:1', 'a b:1', 'a\u001b:1', '/a:1', 'a:123456'],
])('not %j', (text) => {
  expect(parseHostPort(text)).toBeUndefined()
})

test.each([
  ['h:1', { host: 'h', port: 1, scheme: undefined }],
  ['tls://h:1', { host: 'h', port: 1, scheme: 'tls' }],
  ['tcp://[fe80::1%eth0]:65535', { host: 'fe80::1%eth0', port: 65_535, scheme: 'tcp' }],
  ['h:0', undefined],
  ['h:65536', undefined],
  ['http://h:1', undefined],
  ['tls://tls://h:1', undefined],
])('server at %s', (text, expected) => {
  expect(parseServerAddress(text)).toEqual(expected)
})

test('an address as text can be read again', () => {
  expect(hostPortText({ host: '::1', port: 6900 })).toBe('[::1]:6900')
  expect(hostPortText({ host: 'a.example', port: 6900 })).toBe('a.example:6900')
})

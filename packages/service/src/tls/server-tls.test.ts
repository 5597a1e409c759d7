import { writeFileSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { afterAll, describe, expect, test } from 'vitest'
import { loadServerTls, type TlsFiles } from './server-tls.ts'

const folder = tempDir()
afterAll(() => folder[Symbol.dispose]())

const NONE: TlsFiles = { tlsCert: undefined, tlsKey: undefined, tlsClientCa: undefined }
const noPem = folder.join('no.pem')
writeFileSync(noPem, 'hello')
const badPem = folder.join('bad.pem')
writeFileSync(badPem, '-----BEGIN CERTIFICATE-----\nhello\n-----END CERTIFICATE-----\n')

test('no TLS without a certificate', () => {
  expect(loadServerTls(NONE)).toBeUndefined()
})

describe('what does not go together or cannot be read is named', () => {
  test.each<[Partial<TlsFiles>, string]>([
    [{ tlsCert: 'x' }, '--tls-cert needs --tls-key'],
    [{ tlsKey: 'x' }, '--tls-key needs --tls-cert'],
    [{ tlsClientCa: 'x' }, '--tls-client-ca needs --tls-cert and --tls-key'],
    [{ tlsCert: '/nowhere/c.pem', tlsKey: 'k' }, '--tls-cert: ENOENT'],
    [{ tlsCert: noPem, tlsKey: 'k' }, `--tls-cert: ${noPem} is no PEM file`],
    [{ tlsCert: badPem, tlsKey: badPem }, 'cannot be used'],
  ])('%j', (files, message) => {
    expect(() => loadServerTls({ ...NONE, ...files })).toThrow(message)
  })
})

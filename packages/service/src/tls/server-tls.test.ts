import { readFileSync, writeFileSync } from 'node:fs'
import { hasOpenssl, makeCertificate, tempDir } from '@datastreamer/fixtures'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadServerTls, readAuthorities, type TlsFiles } from './server-tls.ts'

const folder = tempDir()
afterAll(() => folder[Symbol.dispose]())

const NONE: TlsFiles = { tlsCert: undefined, tlsKey: undefined, tlsClientCa: undefined }
const noPem = folder.join('no.pem')
writeFileSync(noPem, 'hello')
const badPem = folder.join('bad.pem')
const BROKEN = '-----BEGIN CERTIFICATE-----\nhello\n-----END CERTIFICATE-----\n'
writeFileSync(badPem, BROKEN)

test('no TLS without a certificate', () => {
  expect(loadServerTls(NONE)).toBeUndefined()
})

describe.skipIf(!hasOpenssl())('authorities', () => {
  let certificate = ''
  beforeAll(() => {
    makeCertificate(folder.path, 'ca')
    certificate = readFileSync(folder.join('ca.crt'), 'utf8')
  })

  const pem = (name: string, text: string): string => {
    const path = folder.join(name)
    writeFileSync(path, text)
    return path
  }

  test('are taken, several and with remarks between them', () => {
    const text = `# ours\n${certificate}\n# theirs\n${certificate}`
    expect(readAuthorities('--ca', pem('two.pem', text))).toBe(text)
  })

  test.each<[string, () => string, string]>([
    ['a key', () => readFileSync(folder.join('ca.key'), 'utf8'), 'holds no certificate'],
    ['one that cannot be read, after one that can', () => certificate + BROKEN, 'certificate 2 of'],
    ['one that is incomplete', () => certificate.slice(0, -60), 'certificate 1 of'],
  ])('are not: %s', (_, text, message) => {
    expect(() => readAuthorities('--ca', pem('bad-ca.pem', text()))).toThrow(message)
  })
})

describe('what does not go together or cannot be read is named', () => {
  test.each<[Partial<TlsFiles>, string]>([
    [{ tlsCert: 'x' }, '--tls-cert needs --tls-key'],
    [{ tlsKey: 'x' }, '--tls-key needs --tls-cert'],
    [{ tlsClientCa: 'x' }, '--tls-client-ca needs --tls-cert and --tls-key'],
    [{ tlsCert: '/nowhere/c.pem', tlsKey: 'k' }, '--tls-cert: no such file /nowhere/c.pem'],
    [{ tlsCert: folder.path, tlsKey: 'k' }, `--tls-cert: ${folder.path} is a folder, expected a file`],
    [{ tlsCert: noPem, tlsKey: 'k' }, `--tls-cert: ${noPem} is no PEM file`],
    [{ tlsCert: badPem, tlsKey: badPem }, 'cannot be used'],
  ])('%j', (files, message) => {
    expect(() => loadServerTls({ ...NONE, ...files })).toThrow(message)
  })
})

import { readFileSync, writeFileSync } from 'node:fs'
import { hasOpenssl, makeCertificate, tempDir } from '@datastreamer/fixtures'
import { ConfigError } from '@datastreamer/service'
import { describe, expect, test } from 'vitest'
import { Rounds } from './rounds.ts'
import { readUpstream } from './upstream.ts'
import { UpstreamTls } from './upstream-tls.ts'

const PLAIN = { options: {}, always: false }
const TLS = { options: { servername: 'x' }, always: true }

describe('an address', () => {
  test.each([
    ['a.example:6900', PLAIN, { host: 'a.example', port: 6900, tls: undefined, name: 'a.example:6900' }],
    ['[::1]:1', PLAIN, { host: '::1', port: 1, tls: undefined, name: '[::1]:1' }],
    ['tls://[fe80::1%eth0]:1', PLAIN, { host: 'fe80::1%eth0', port: 1, tls: {}, name: 'tls://[fe80::1%eth0]:1' }],
    ['tls://a:1', PLAIN, { host: 'a', port: 1, tls: {}, name: 'tls://a:1' }],
    ['a:1', TLS, { host: 'a', port: 1, tls: { servername: 'x' }, name: 'tls://a:1' }],
    ['tcp://a:1', TLS, { host: 'a', port: 1, tls: undefined, name: 'a:1' }],
  ])('%s', (text, tls, wanted) => {
    expect(readUpstream(text, tls)).toEqual(wanted)
  })

  test.each(['a', 'a:', ':1', 'a:0', 'a:65536', 'a:1:2', 'http://a:1', '[::1]', 'a b:1', ''])('not %j', (text) => {
    expect(() => readUpstream(text, PLAIN)).toThrow(ConfigError)
  })
})

describe('TLS options', () => {
  const none = { serverTls: false, serverTlsCa: undefined, serverTlsCert: undefined, serverTlsKey: undefined }

  test('none: only where an address asks for it', () => {
    expect(new UpstreamTls({ ...none, serverTlsName: undefined })).toMatchObject({ options: {}, always: false })
  })

  test('the name that is expected', () => {
    const found = new UpstreamTls({ ...none, serverTls: true, serverTlsName: 'stream.example' })
    expect(found).toMatchObject({ options: { servername: 'stream.example' }, always: true })
  })

  test.each([
    [{ serverTlsCert: 'x' }, '--server-tls-cert needs --server-tls-key'],
    [{ serverTlsKey: 'x' }, '--server-tls-key needs --server-tls-cert'],
    [{ serverTlsCa: '/nowhere' }, '--server-tls-ca: no such file /nowhere'],
  ])('%j', (files, message) => {
    expect(() => new UpstreamTls({ ...none, serverTlsName: undefined, ...files })).toThrow(message)
  })
})

test.skipIf(!hasOpenssl())('upstreams are dialled with the files as they were read last', () => {
  using dir = tempDir()
  const write = (text: string): void => writeFileSync(dir.join('ca.pem'), text)
  makeCertificate(dir.path, 'authority')
  const certificate = readFileSync(dir.join('authority.crt'), 'utf8')
  const pem = (remark: string): string => `# ${remark}\n${certificate}`
  const none = { serverTlsCert: undefined, serverTlsKey: undefined, serverTlsName: undefined }
  write(pem('one'))
  const tls = new UpstreamTls({ ...none, serverTls: false, serverTlsCa: dir.join('ca.pem') })
  const upstream = readUpstream('a:1', tls)
  write(pem('two'))
  expect(upstream.tls).toEqual({ ca: pem('one') })
  const use = tls.readAgain()
  expect(upstream.tls).toEqual({ ca: pem('one') })
  use()
  expect(upstream.tls).toEqual({ ca: pem('two') })
  write('nothing')
  expect(() => tls.readAgain()).toThrow('is no PEM file')
  expect(upstream.tls).toEqual({ ca: pem('two') })
})

test.skipIf(!hasOpenssl())(
  'a certificate and a key that do not belong together are refused, and those in use stay',
  () => {
    using dir = tempDir()
    for (const name of ['own', 'other']) makeCertificate(dir.path, name)
    const files = { serverTlsCa: undefined, serverTlsName: undefined, serverTlsCert: dir.join('own.crt') }
    const tls = new UpstreamTls({ ...files, serverTls: true, serverTlsKey: dir.join('own.key') })
    const before = readUpstream('a:1', tls).tls
    writeFileSync(dir.join('own.key'), readFileSync(dir.join('other.key')))
    expect(() => tls.readAgain()).toThrow(/--server-tls-cert .* and --server-tls-key .* cannot be used/)
    expect(readUpstream('a:1', tls).tls).toEqual(before)
  },
)

describe('pauses between rounds', () => {
  test('grow up to the limit, and begin anew after a success', () => {
    const rounds = new Rounds({ minMs: 100, maxMs: 1000, random: () => 0 })
    expect([1, 2, 3, 4, 5, 6].map(() => rounds.failed())).toEqual([100, 200, 400, 800, 1000, 1000])
    rounds.succeeded()
    expect(rounds.failed()).toBe(100)
  })

  test('differ by up to a half', () => {
    expect(new Rounds({ random: () => 1 }).failed()).toBe(50)
  })
})

import { readFileSync, writeFileSync } from 'node:fs'
import { hasOpenssl, makeCertificate, SourceProcess, tempDir } from '@datastreamer/fixtures'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CLI, datastreamer, linesOf, SERVER } from './cli.ts'

describe.skipIf(!hasOpenssl())('TLS', () => {
  const dir = tempDir()
  afterAll(() => dir[Symbol.dispose]())
  const [cert, key, other] = ['own.crt', 'own.key', 'other.crt'].map((name) => dir.join(name)) as [
    string,
    string,
    string,
  ]
  let server: SourceProcess
  let address = ''

  beforeAll(async () => {
    for (const name of ['own', 'other']) makeCertificate(dir.path, name)
    await linesOf('generate', dir.join('s.bin'), '--blocks', '3')
    const files = ['--tls-cert', cert, '--tls-key', key, '--tls-client-ca', cert]
    const args = ['--read-only', '--file', dir.join('s.bin'), '--port', '0', ...files]
    server = new SourceProcess(SERVER, args, { timeoutMs: 600_000 })
    address = (await server.firstLine()).replace('ready stream=', '')
  })
  afterAll(async () => {
    await server?.end()
  })

  test('with the right files it works', async () => {
    const lines = await linesOf('info', address, '--tls-ca', cert, '--tls-cert', cert, '--tls-key', key)
    expect(lines.join('\n')).toContain('1101')
  })

  test.each([
    ['a private authority', ['--tls'], '(--tls-ca names the certificates to trust'],
    ['another authority', ['--tls-ca', other], '(--tls-ca names the certificates to trust'],
    ['another name', ['--tls-ca', cert, '--tls-servername', 'x.example'], '(--tls-servername says which name'],
  ])('%s: the message names the option', async (_, args, hint) => {
    const { status, stderr } = await datastreamer('info', address, ...args)
    expect([status, stderr]).toEqual([1, expect.stringContaining(hint)])
  })

  test('tail, which tries again, names it too', async () => {
    await using tail = new SourceProcess(CLI, ['tail', address, '--tls'])
    await expect.poll(() => tail.stderr).toContain('(--tls-ca names')
  })

  test('a file of authorities that is sound only at its beginning is refused, as by servers', async () => {
    const shortened = readFileSync(other, 'utf8').slice(0, -60)
    writeFileSync(dir.join('bundle.pem'), `${readFileSync(cert, 'utf8')}${shortened}`)
    const { status, stderr } = await datastreamer('info', address, '--tls-ca', dir.join('bundle.pem'))
    expect([status, stderr]).toEqual([2, expect.stringContaining('--tls-ca: certificate 2 of ')])
  })
})

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect } from '@datastreamer/client'
import { tempDir } from '@datastreamer/fixtures'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestServer } from './server.ts'

/** Whether there is an `openssl` to make certificates with. */
function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    process.stderr.write('skipped: no openssl\n')
    return false
  }
}

describe.skipIf(!hasOpenssl())('TLS', () => {
  const dir = tempDir()
  afterAll(() => dir[Symbol.dispose]())

  beforeAll(() => {
    for (const name of ['server', 'client']) {
      const key = [
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-keyout',
        dir.join(`${name}.key`),
      ]
      const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
      execFileSync('openssl', ['req', '-x509', ...key, ...subject, '-days', '2', '-out', dir.join(`${name}.crt`)], {
        stdio: 'ignore',
      })
    }
  })

  test('only clients with a certificate are served', async () => {
    const files = [
      '--tls-cert',
      dir.join('server.crt'),
      '--tls-key',
      dir.join('server.key'),
      '--tls-client-ca',
      dir.join('client.crt'),
    ]
    await using server = TestServer.start(['--demo', '--file', dir.join('d.bin'), ...files])
    const port = await server.port()
    const ca = readFileSync(dir.join('server.crt'))
    const own = { cert: readFileSync(dir.join('client.crt')), key: readFileSync(dir.join('client.key')) }
    await using client = await connect({ host: '127.0.0.1', port, tls: { ca, ...own } })
    expect((await client.getHeader()).systemId).toBe(1101n)
    await expect(connect({ host: '127.0.0.1', port, tls: { ca } })).rejects.toThrow()
    await expect(connect({ host: '127.0.0.1', port })).rejects.toThrow()
    await expect.poll(() => server.stderr).toContain('was not let in: TLS_FAILED')
  })
})

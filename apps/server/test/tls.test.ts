import { once } from 'node:events'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { connect as connectTls } from 'node:tls'
import { connect } from '@datastreamer/client'
import { hasOpenssl, makeCertificate, tempDir } from '@datastreamer/fixtures'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestServer } from './server.ts'

describe.skipIf(!hasOpenssl())('TLS', () => {
  const dir = tempDir()
  afterAll(() => dir[Symbol.dispose]())

  beforeAll(() => {
    for (const name of ['server', 'client']) makeCertificate(dir.path, name)
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
    await expect.poll(() => server.stderr).toContain('was rejected: TLS_FAILED')
  })

  test('at SIGHUP every listener takes the certificate that is in the files then', async () => {
    const [cert, key, ca] = ['now.crt', 'now.key', 'client.crt'].map((name) => dir.join(name))
    const use = (name: string): void => {
      copyFileSync(dir.join(`${name}.crt`), dir.join('now.crt'))
      copyFileSync(dir.join(`${name}.key`), dir.join('now.key'))
    }
    use('server')
    const files = ['--tls-cert', `${cert}`, '--tls-key', `${key}`]
    const admin = ['--admin-port', '0', '--admin-tls']
    const source = ['--source-port', '0', '--source-tls', '--source-client-ca', `${ca}`]
    await using server = TestServer.start(['--file', dir.join('r.bin'), ...files, ...admin, ...source])
    const ports = await Promise.all((['stream', 'admin', 'source'] as const).map((of) => server.port(of)))
    const shown = (): Promise<string[]> => Promise.all(ports.map(subjectAt))
    expect(await shown()).toEqual(['server', 'server', 'server'])

    use('client')
    server.child.kill('SIGHUP')
    await expect.poll(shown).toEqual(['client', 'client', 'client'])
    expect(server.stderr).toContain('were read again')

    writeFileSync(dir.join('now.key'), 'no key')
    server.child.kill('SIGHUP')
    await expect.poll(() => server.stderr).toContain('stay as they are: --tls-key')
    expect(await shown()).toEqual(['client', 'client', 'client'])
    expect((await server.end()).status).toBe(0)
  })
})

/** Whose certificate is shown at a port. */
async function subjectAt(port: number): Promise<string> {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { CN } = socket.getPeerCertificate().subject
  socket.destroy()
  return String(CN)
}

import { hasOpenssl, makeCertificate, tempDir } from '@datastreamer/fixtures'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { refusalOf, TestRelay, until } from './support/relay.ts'
import { Source } from './support/source.ts'

describe.skipIf(!hasOpenssl())('over TLS', () => {
  const dir = tempDir()
  afterAll(() => dir[Symbol.dispose]())

  beforeAll(() => makeCertificate(dir.path, 'relay'))

  test('from region to region: relays show certificates and ask for them', async () => {
    const [cert, key] = [dir.join('relay.crt'), dir.join('relay.key')]
    const own = ['--tls-cert', cert, '--tls-key', key, '--tls-client-ca', cert]
    const shown = ['--server-tls-ca', cert, '--server-tls-cert', cert, '--server-tls-key', key]
    await using source = await Source.start({ file: dir.join('source.bin') })
    await source.commitMany(20, 3)
    await using near = await TestRelay.start(['--server', source.address, '--file', dir.join('near.bin'), ...own])
    await using far = await TestRelay.start(['--server', near.address, '--file', dir.join('far.bin'), ...shown])
    await until('caught up', async () => (await far.total()) === source.total)
    expect((await far.status()).relay.upstream).toBe(`tls://${near.address}`)

    const args = (file: string): string[] => ['--server', `tls://${near.address}`, '--file', dir.join(file)]
    expect(await refusalOf(args('trusts-nobody.bin'))).toMatch(
      /self-signed certificate \(--server-tls-ca names the certificates to trust/,
    )
    // The connection may be reset before the alert that says why is read.
    const unknown = await refusalOf([...args('shows-nothing.bin'), '--server-tls-ca', cert])
    expect(unknown).toMatch(/^tls:/)
    expect(unknown).not.toMatch(/self-signed certificate/)
  })
})

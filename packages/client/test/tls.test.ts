import { createServer, type TLSSocket } from 'node:tls'
import type { ClientTlsOptions } from '@datastreamer/runtime'
import { expect, test } from 'vitest'
import { connect } from '../src/index.ts'
import { CERTIFICATE, KEY } from './support/certificate.ts'
import { encodeAll, entriesOf, headerOf, plain } from './support/entries.ts'
import { collect, failure, near } from './support/options.ts'
import { OK, PeerConnection } from './support/peer.ts'

async function tlsPeer(options: { requestCert: boolean }) {
  const sockets: TLSSocket[] = []
  const server = createServer({ cert: CERTIFICATE, key: KEY, ca: CERTIFICATE, ...options }, (socket) => {
    sockets.push(socket)
    const connection = new PeerConnection(socket)
    const serve = async () => {
      for (;;) {
        const command = await connection.command()
        if (command === undefined) return
        if (command.name === 'header') connection.send(OK, headerOf(500))
        if (command.name === 'start') await connection.drip(Buffer.concat([OK, encodeAll(entriesOf(0, 500))]), 3000)
      }
    }
    void serve()
  })
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    host: '127.0.0.1',
    port: address.port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test('streams over TLS, with a certificate on both sides', async () => {
  await using peer = await tlsPeer({ requestCert: true })
  const tls = { ca: CERTIFICATE, cert: CERTIFICATE, key: KEY }
  await using client = await connect(near(peer, { tls }))
  expect(plain(await collect(client.entries({ follow: false })))).toEqual(entriesOf(0, 500))
  await using named = await connect(`tls://127.0.0.1:${peer.port}`, { tls })
  expect(plain(await collect(named.entries({ follow: false })))).toEqual(entriesOf(0, 500))
})

const refused: [name: string, tls: ClientTlsOptions, reason: string][] = [
  ['a server that nobody vouches for', {}, 'self-signed certificate'],
  ['a client without the certificate that is asked for', { ca: CERTIFICATE }, 'tlsv13 alert certificate required'],
]

test.each(refused)('%s', async (_, tls, reason) => {
  await using peer = await tlsPeer({ requestCert: true })
  const error = await failure(connect(near(peer, { tls })))
  expect(error).toMatchObject({ name: 'ConnectionError', code: 'TLS' })
  expect(String(error)).toContain(`127.0.0.1:${peer.port}: ${reason}`)
})

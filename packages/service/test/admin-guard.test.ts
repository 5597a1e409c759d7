import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { get, type RequestOptions } from 'node:http'
import { get as getTls } from 'node:https'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { hasOpenssl, makeCertificate, tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { AdminServer, type AdminSources } from '../src/index.ts'

const sources: AdminSources = {
  readiness: () => ({ ready: true }),
  status: () => ({}),
  metrics: () => Promise.resolve({ contentType: 'text/plain', text: 'a 1\n' }),
}

interface Answer {
  readonly status: number | undefined
  readonly text: string
}

function ask(port: number, path: string, options: RequestOptions = {}, over = get): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = { host: '127.0.0.1', port, path, agent: false, rejectUnauthorized: false, ...options }
    const request = over(asked, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode, text }))
    })
    request.on('error', reject)
  })
}

/** Resolves when a connection is closed, in whatever way: who is still writing then has an error before that. */
function closed(socket: Socket): Promise<unknown> {
  return new Promise((resolve) =>
    socket
      .on('error', () => {})
      .resume()
      .once('close', resolve),
  )
}

/** Connections that say nothing, and say so when they end. */
async function silent(count: number, port: number): Promise<{ sockets: Socket[]; ended: Promise<unknown>[] }> {
  const sockets = Array.from({ length: count }, () => connect({ port, host: '127.0.0.1' }))
  const ended = sockets.map(closed)
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  return { sockets, ended }
}

describe('the admin endpoint', () => {
  test('answers however many connections say nothing, which displace one another', async () => {
    await using admin = await AdminServer.listen(sources, { host: '127.0.0.1', port: 0 })
    const { sockets, ended } = await silent(200, admin.address.port)
    for (let i = 0; i < 5; i++) {
      expect(await ask(admin.address.port, '/readyz')).toEqual({ status: 200, text: 'ready\n' })
    }
    // All but the 64 that may stay.
    await Promise.all(ended.slice(0, 136))
    for (const socket of sockets) socket.destroy()
  })

  test('ends a connection that sends a request a byte at a time', async () => {
    await using admin = await AdminServer.listen(sources, { host: '127.0.0.1', port: 0, requestTimeoutMs: 250 })
    const slow = connect({ port: admin.address.port, host: '127.0.0.1' })
    const ended = closed(slow)
    slow.write('GET /readyz HTTP/1.1\r\nx-long: ')
    const dripping = setInterval(() => slow.write('x'), 10)
    await ended
    clearInterval(dripping)
  })

  test.skipIf(!hasOpenssl())('with TLS as without', async () => {
    using dir = tempDir()
    makeCertificate(dir.path, 'server')
    const [key, cert] = ['server.key', 'server.crt'].map((name) => readFileSync(dir.join(name), 'utf8'))
    const options = { host: '127.0.0.1', port: 0, tls: { key, cert } }
    await using patient = await AdminServer.listen(sources, { ...options, requestTimeoutMs: 100_000 })
    const { sockets } = await silent(100, patient.address.port)
    expect(await ask(patient.address.port, '/readyz', {}, getTls)).toEqual({ status: 200, text: 'ready\n' })
    for (const socket of sockets) socket.destroy()

    await using admin = await AdminServer.listen(sources, { ...options, requestTimeoutMs: 200 })
    const { ended } = await silent(100, admin.address.port)
    const shaken = connectTls({ port: admin.address.port, host: '127.0.0.1', rejectUnauthorized: false })
    await Promise.all([...ended, closed(shaken)])
  })
})

describe('the Host of a request', () => {
  test.each([
    ['evil.example', 421],
    ['evil.example:9090', 421],
    ['127.0.0.1:1', 200],
    ['[::1]:9090', 200],
    ['10.0.0.7:9090', 200],
    ['localhost:9090', 200],
    ['server:9090', 200],
  ])('%s: %i', async (host, status) => {
    const options = { host: '127.0.0.1', port: 0, allowedHosts: ['server'] }
    await using admin = await AdminServer.listen(sources, options)
    for (const path of ['/metrics', '/api/status', '/readyz', '/healthz']) {
      const answer = await ask(admin.address.port, path, { headers: { host } })
      expect(answer.status).toBe(status)
      if (status === 421) expect(answer.text).toContain(`"${host}" is no name of this endpoint`)
    }
  })

  test('is not asked of HTTP/1.0', async () => {
    await using admin = await AdminServer.listen(sources, { host: '127.0.0.1', port: 0 })
    const old = connect({ port: admin.address.port, host: '127.0.0.1' })
    old.write('GET /healthz HTTP/1.0\r\n\r\n')
    const [chunk] = await once(old, 'data')
    expect(String(chunk)).toMatch(/^HTTP\/1\.1 200 /)
    old.destroy()
  })
})

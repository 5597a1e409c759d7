import { request } from 'node:http'
import { describe, expect, test } from 'vitest'
import { AdminServer, type AdminSources } from '../src/index.ts'

const sources: AdminSources = {
  readiness: () => ({ ready: true }),
  status: () => ({ totalEntries: 2n ** 63n }),
  metrics: () => Promise.resolve({ contentType: 'text/plain; version=0.0.4; charset=utf-8', text: 'a 1\n' }),
}

async function ask(path: string, changed: Partial<AdminSources> = {}, init: RequestInit = {}): Promise<Response> {
  await using admin = await AdminServer.listen({ ...sources, ...changed }, { host: '127.0.0.1', port: 0 })
  const response = await fetch(`http://${admin}${path}`, init)
  return new Response(init.method === 'HEAD' ? null : await response.text(), response)
}

describe('the admin endpoint', () => {
  test('/healthz while it runs', async () => {
    const response = await ask('/healthz', { readiness: () => ({ ready: false }) })
    expect([response.status, await response.text()]).toEqual([200, 'ok\n'])
  })

  test('/readyz says why not', async () => {
    expect((await ask('/readyz')).status).toBe(200)
    const response = await ask('/readyz', { readiness: () => ({ ready: false, reason: 'the disk failed' }) })
    expect([response.status, await response.text()]).toEqual([503, 'not ready: the disk failed\n'])
  })

  test('what comes from outside begins no line and gives no commands', async () => {
    const evil = 'a\x1b[2J\nready\x9b'
    const ready = await ask('/readyz', { readiness: () => ({ ready: false, reason: evil }) })
    expect(await ready.text()).toBe('not ready: a\\u001b[2J\\nready\\u009b\n')
    const status = await (await ask('/api/status', { status: () => ({ file: evil }) })).text()
    expect(status).toBe('{"file":"a\\u001b[2J\\nready\\u009b"}\n')
  })

  test('/metrics with the type of Prometheus', async () => {
    const response = await ask('/metrics?x=1')
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await response.text()).toBe('a 1\n')
  })

  test('/api/status as JSON, bigints as decimal strings', async () => {
    expect(await (await ask('/api/status')).json()).toEqual({ totalEntries: '9223372036854775808' })
  })

  test('HEAD has no body, other methods and paths are refused', async () => {
    expect((await ask('/healthz', {}, { method: 'HEAD' })).headers.get('content-length')).toBe('3')
    expect((await ask('/healthz', {}, { method: 'POST' })).status).toBe(405)
    expect((await ask('/nope')).status).toBe(404)
  })

  test('a source that fails is a 500, and the endpoint goes on', async () => {
    const metrics = (): Promise<never> => Promise.reject(new Error('no metrics'))
    expect((await ask('/metrics', { metrics })).status).toBe(500)
  })

  test('a port in use is an error', async () => {
    await using admin = await AdminServer.listen(sources, { host: '127.0.0.1', port: 0 })
    const second = AdminServer.listen(sources, { host: '127.0.0.1', port: admin.address.port })
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  test('closing ends connections that are kept alive', async () => {
    const admin = await AdminServer.listen(sources, { host: '127.0.0.1', port: 0 })
    const { port } = admin.address
    const closed = new Promise((resolve) => {
      const kept = request({ host: '127.0.0.1', port, path: '/healthz', headers: { connection: 'keep-alive' } })
      kept.on('response', (response) => {
        response.resume()
        response.socket.on('close', resolve)
        response.on('end', () => void admin.close())
      })
      kept.on('error', resolve)
      kept.end()
    })
    await closed
    await admin.close()
  })
})

import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { documentedMetrics, freePort, metricsIn, runSource, SourceProcess, tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { expectEqualFiles } from './support/equal-files.ts'
import { until } from './support/relay.ts'
import { Source } from './support/source.ts'

const MAIN = resolve(import.meta.dirname, '../src/main.ts')

describe('datastreamer-relay', () => {
  test('starts with a configuration of the Go relay, is healthy, ready, and ends in order', async () => {
    using dir = tempDir()
    await using source = await Source.start({ file: dir.join('source.bin') })
    await source.commitMany(30, 3)
    const file = dir.join('relay')
    const text = `Server = "${source.address}"\nPort = 0\nFile = "${file}"\nWriteTimeout = 3000000000\nInactivityTimeout = 120000000000\nLog = "debug"\n`
    writeFileSync(dir.join('config.toml'), text)
    const env = { DATASTREAMER_ADMIN_PORT: '0' }
    await using relay = new SourceProcess(MAIN, ['-cfg', dir.join('config.toml')], { env })
    const line = await relay.firstLine()
    expect(line).toMatch(/^ready stream=0\.0\.0\.0:\d+ admin=127\.0\.0\.1:\d+$/)
    const admin = `http://${line.slice(line.indexOf('admin=') + 6)}`
    await until('ready', async () => (await fetch(`${admin}/readyz`)).status === 200)
    await until('caught up', async () => {
      const status = (await (await fetch(`${admin}/api/status`)).json()) as {
        readonly stream: { totalEntries: string }
      }
      return status.stream.totalEntries === '90'
    })
    const status: unknown = await (await fetch(`${admin}/api/status`)).json()
    expect(status).toMatchObject({
      name: 'datastreamer-relay',
      mode: 'relay',
      ready: true,
      file: `${file}.bin`,
      relay: { upstream: source.address, state: 'streaming', entriesBehind: '0', reconnects: 0, problem: null },
    })
    const metrics = await (await fetch(`${admin}/metrics`)).text()
    expect(metrics).toContain('datastreamer_relay_behind_entries 0\n')
    expect(new Set(metricsIn(metrics))).toEqual(new Set(documentedMetrics('relay')))
    const { status: code, stderr } = await relay.end('SIGTERM')
    expect([code, stderr.includes('following')]).toEqual([0, true])
    expectEqualFiles(dir.join('source.bin'), `${file}.bin`)
  })

  test('starts with a YAML file of the Go relay, and warns of a key that it does not know', async () => {
    using dir = tempDir()
    await using source = await Source.start({ file: dir.join('source.bin') })
    await source.commitMany(3, 3)
    const text = `Server: ${source.address}\nPort: 0\nFile: ${dir.join('relay.bin')}\nMaxClients: 5\n`
    writeFileSync(dir.join('config.yaml'), text)
    await using relay = new SourceProcess(MAIN, ['-c', dir.join('config.yaml'), '-check-interval', '5s'])
    expect(await relay.firstLine()).toMatch(/^ready stream=/)
    const { status, stderr } = await relay.end('SIGTERM')
    expect(status).toBe(0)
    expect(stderr).toMatch(/WARN: .*config\.yaml: MaxClients: unknown key; it has no effect\n/)
  })

  test('waits for an upstream where it has no file, and ends when asked to', async () => {
    using dir = tempDir()
    const adminPort = String(await freePort())
    const args = ['--server', '127.0.0.1:1', '--file', dir.join('relay.bin'), '--port', '0', '--admin-port', adminPort]
    await using relay = new SourceProcess(MAIN, args)
    await until('it has tried', () => relay.stderr.includes(' 127.0.0.1:1: connect ECONNREFUSED'))
    const ask = async (path: string): Promise<string> => (await fetch(`http://127.0.0.1:${adminPort}${path}`)).text()
    expect(await ask('/readyz')).toBe('not ready: starting: 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1\n')
    const metrics = await ask('/metrics')
    expect(metrics).toMatch(/datastreamer_relay_upstream_failures_total{upstream="127.0.0.1:1"} [1-9]/)
    expect(metrics).toMatch(/datastreamer_relay_disconnected_seconds 0\.\d+\n/)
    expect((await relay.end('SIGTERM')).status).toBe(0)
  })

  test.each([
    [['--server', 'nowhere'], /--server: "nowhere" is not host:port/],
    [['--on-truncate', 'maybe'], /--on-truncate: "maybe" is not one of refuse, follow/],
    [['--server-tls-key', 'x'], /--server-tls-key needs --server-tls-cert/],
  ])('called with %j ends with status 2', async (args, message) => {
    using dir = tempDir()
    const { status, stderr } = await runSource(MAIN, [...args, '--file', dir.join('relay.bin'), '--port', '0'])
    expect([status, stderr]).toEqual([2, expect.stringMatching(message)])
  })
})

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { FROM_SOURCE, freePort, spawnTied } from '@datastreamer/fixtures'
import { afterEach, describe, expect, test } from 'vitest'

const children: ChildProcess[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

interface Running {
  readonly child: ChildProcess
  /** The first line of standard output. */
  readonly ready: Promise<string>
  readonly stderr: Promise<string>
  /** Resolves once standard error has this. */
  readonly said: (what: RegExp) => Promise<void>
  readonly ended: Promise<number | null>
}

function start(...argv: string[]): Running {
  const args = [...FROM_SOURCE, `${import.meta.dirname}/program.ts`, '--log-level', 'info', ...argv]
  const child = spawnTied(process.execPath, args)
  children.push(child)
  const lines = createInterface({ input: child.stdout })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk
  })
  return {
    child,
    ready: once(lines, 'line').then(([line]) => String(line)),
    stderr: once(child, 'close').then(() => errors),
    said: (what) => expect.poll(() => errors).toMatch(what),
    ended: once(child, 'close').then(([code]) => code),
  }
}

describe('a service', () => {
  test('says that it is ready, ends in order on SIGTERM with status 0', async () => {
    const { child, ready, stderr, ended } = start()
    expect(await ready).toBe('ready stream=127.0.0.1:1234')
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
    expect(await stderr).toMatch(/SIGTERM: ending.*\n.*ended/)
  })

  test('says it as JSON', async () => {
    const { child, ready, stderr, ended } = start('--log-format', 'json')
    expect(JSON.parse(await ready)).toEqual({ ready: true, stream: '127.0.0.1:1234' })
    child.kill('SIGINT')
    expect(await ended).toBe(0)
    const lines = (await stderr).trim().split('\n')
    expect(lines.map((line) => JSON.parse(line).event)).toEqual(['ending', 'ended'])
  })

  test.each([
    ['that runs', 'well'],
    ['that starts', 'starts-slowly'],
  ])('%s ends when whoever started it is gone, if it is asked to', async (_, how) => {
    const args = ['--conditions=@datastreamer/source', `${import.meta.dirname}/program.ts`, '--end-with-stdin']
    const child = spawn(process.execPath, [...args, '--how', how], { stdio: ['pipe', 'ignore', 'pipe'] })
    children.push(child)
    const said = text(child.stderr)
    child.stdin.end()
    const [code] = await once(child, 'close')
    expect([code, await said]).toEqual([0, expect.stringContaining('standard input has ended: ending')])
  })

  test('ends within its bound though closing hangs, with status 1', async () => {
    const { child, ready, stderr, ended } = start('--how', 'hangs', '--shutdown-timeout', '300ms')
    await ready
    const since = Date.now()
    child.kill('SIGTERM')
    expect(await ended).toBe(1)
    expect(Date.now() - since).toBeLessThan(40_000)
    expect(await stderr).toContain('not ended within 300 ms')
  })

  test.each([
    ['well', /tls-renewed|were read again/],
    ['fails-to-renew', /stay as they are: no certificate/],
  ])('goes on at SIGHUP: %s', async (how, what) => {
    const { child, ready, said, ended } = start('--how', how)
    await ready
    child.kill('SIGHUP')
    await said(what)
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
  })

  test('ends at once on a second signal', async () => {
    const { child, ready, stderr, said, ended } = start('--how', 'hangs', '--shutdown-timeout', '60s')
    await ready
    child.kill('SIGTERM')
    await said(/SIGTERM: ending/)
    child.kill('SIGINT')
    expect(await ended).toBe(1)
    expect(await stderr).toContain('SIGINT again: ending at once')
  })

  test.each([
    ['throws-later', 'nobody caught this'],
    ['fails-later', 'the disk is gone'],
  ])('that %s is logged, closed and ends with status 1', async (how, message) => {
    const { stderr, ended } = start('--how', how)
    expect(await ended).toBe(1)
    expect(await stderr).toMatch(new RegExp(`FATAL: ${message}[^]*ended`))
  })

  test('that cannot start ends with status 1', async () => {
    const { stderr, ended } = start('--how', 'fails-to-start')
    expect(await ended).toBe(1)
    expect(await stderr).toContain('FATAL: Error: no luck')
  })

  test('that fails while it starts, where nobody catches it, ends with status 1', async () => {
    const { stderr, ended } = start('--how', 'throws-at-start')
    expect(await ended).toBe(1)
    expect(await stderr).toContain('FATAL: nobody caught this')
  })

  test('that fails to close ends with status 1', async () => {
    const { child, ready, stderr, ended } = start('--how', 'fails-to-close')
    await ready
    child.kill('SIGTERM')
    expect(await ended).toBe(1)
    expect(await stderr).toContain('not ended in order: Error: not closed')
    expect(await stderr).not.toContain('not ended within')
  })

  test.each([
    [['--nope'], "program: unknown option '--nope'\nTry program --help\n"],
    [['--tls-cert', 'x'], 'program: --tls-cert needs --tls-key\nTry program --help\n'],
    [['--admin-tls', '--admin-port', '0'], 'program: --admin-tls needs --tls-cert and --tls-key\nTry program --help\n'],
  ])('called with %j ends with status 2', async (argv, message) => {
    const { stderr, ended } = start(...argv)
    expect(await ended).toBe(2)
    expect(await stderr).toBe(message)
  })

  test('is not held up by a log that nobody reads', async () => {
    const args = [...FROM_SOURCE, `${import.meta.dirname}/program.ts`, '--how', 'logs-much']
    const child = spawnTied(process.execPath, args)
    children.push(child)
    const lines = createInterface({ input: child.stdout })
    expect(await once(lines, 'line')).toEqual(['ready stream=127.0.0.1:1234'])
    child.kill('SIGTERM')
    const [code] = await once(child, 'exit')
    expect(code).toBe(0)
  })

  test('goes on when nobody reads its ready line', async () => {
    const { child, stderr, ended } = start('--how', 'fails-later')
    child.stdout?.destroy()
    expect(await ended).toBe(1)
    expect(await stderr).toContain('the disk is gone')
  })
})

describe('the admin endpoint of a service', () => {
  async function ask(ready: Promise<string>, path: string): Promise<Response> {
    const [, address] = /admin=(\S+)/.exec(await ready) ?? []
    return fetch(`http://${address}${path}`)
  }

  test('shows status and metrics of the process', async () => {
    const { ready } = start('--admin-port', '0')
    const status = await (await ask(ready, '/api/status')).json()
    expect(status).toMatchObject({
      name: 'program',
      version: '0.0.0',
      ready: true,
      how: 'well',
      big: '9223372036854775808',
    })
    expect(await (await ask(ready, '/metrics')).text()).toContain('process_cpu_seconds_total')
    expect((await ask(ready, '/readyz')).status).toBe(200)
  })

  test('is asked under the names that --admin-allowed-hosts lists', async () => {
    const { ready } = start('--admin-port', '0', '--admin-allowed-hosts', 'one.example,two.example')
    const [, port] = /admin=\S+:(\d+)/.exec(await ready) ?? []
    const statusOf = (host: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const options = { host: '127.0.0.1', port, path: '/readyz', headers: { host } }
        get(options, (response) => resolve(response.resume().statusCode)).on('error', reject)
      })
    expect(await statusOf('two.example')).toBe(200)
    expect(await statusOf('three.example')).toBe(421)
  })

  test('says why the service is not ready', async () => {
    const { ready } = start('--admin-port', '0', '--how', 'unready')
    expect(await (await ask(ready, '/readyz')).text()).toBe('not ready: as asked\n')
  })

  test('is there while the service starts, and a signal then ends it', async () => {
    const port = await freePort()
    const { child, ended } = start('--admin-port', String(port), '--how', 'starts-slowly')
    let response: Response | undefined
    while (response === undefined) response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
    const ready = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/readyz`)).text()
    expect(await response.text()).toMatch(/^not ready: starting/)
    await expect.poll(ready).toBe('not ready: starting: nobody is there\n')
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
  })

  test('and the signal ends it within its bound though the start hangs, with status 1', async () => {
    const port = await freePort()
    const flags = ['--how', 'start-hangs', '--shutdown-timeout', '300ms']
    const { child, stderr, ended } = start('--admin-port', String(port), ...flags)
    const ready = () => fetch(`http://127.0.0.1:${port}/readyz`).then((response) => response.status)
    await expect.poll(() => ready().catch(() => undefined)).toBe(503)
    child.kill('SIGTERM')
    expect(await ended).toBe(1)
    expect(await stderr).toContain('still starting 300 ms after it was to end')
  })
})

import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { runSource, tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { MAIN, TestServer } from './server.ts'

/** A port of this machine that somebody listens on. */
async function takenPort(): Promise<AsyncDisposable & { readonly port: string }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { port: String(port), [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) }
}

describe('a start that fails leaves nothing behind', () => {
  test.each([
    { what: 'the port is taken', args: ['--port', 'TAKEN'] },
    { what: 'the host is none of this machine', args: ['--port', '0', '--host', '192.0.2.1'] },
    { what: 'the port of the source is taken', args: ['--port', '0', '--source-port', 'TAKEN'] },
    { what: 'the admin port is taken', args: ['--port', '0', '--admin-port', 'TAKEN'] },
    { what: 'a certificate is none', args: ['--port', '0', '--tls-cert', MAIN, '--tls-key', MAIN] },
  ])('$what', async ({ args }) => {
    using dir = tempDir()
    await using taken = await takenPort()
    const given = args.map((arg) => (arg === 'TAKEN' ? taken.port : arg))
    const ended = await runSource(MAIN, ['--file', dir.join('new', 'folder', 'data-stream.bin'), ...given])
    expect(ended.status).not.toBe(0)
    expect(readdirSync(dir.path)).toEqual([])
  })
})

test('a file that was not there is made with a warning that names it, or not at all', async () => {
  using dir = tempDir()
  const file = dir.join('typo', 'data-stream.bin')
  const refused = await runSource(MAIN, ['--port', '0', '--must-exist', '--file', file])
  expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining(`${file}: there is no such file`)])
  expect(readdirSync(dir.path)).toEqual([])
  await using server = TestServer.start(['--log-format', 'json', '--file', file])
  await server.firstLine()
  const line = server.stderr.split('\n').find((text) => text.includes('file-created')) ?? ''
  expect(JSON.parse(line)).toMatchObject({ level: 'warn', file, folders: [dir.join('typo')] })
})

test.skipIf(process.platform === 'win32').each(['--file', '--config', '--tls-cert'])(
  'a pipe that nobody writes is refused as %s, and not waited for',
  async (flag) => {
    using dir = tempDir()
    execFileSync('mkfifo', [dir.join('pipe')])
    const key = flag === '--tls-cert' ? ['--tls-key', dir.join('pipe')] : []
    const ended = await runSource(MAIN, ['--port', '0', flag, dir.join('pipe'), ...key])
    expect([ended.status, ended.stderr]).toEqual([expect.any(Number), expect.stringContaining('pipe is a pipe (FIFO)')])
    expect(readdirSync(dir.path)).toEqual(['pipe'])
  },
)

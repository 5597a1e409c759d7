import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { bundledApp, FROM_SOURCE, runSource, SourceProcess, tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { CLI, datastreamer, linesOf } from './cli.ts'

describe('demo', () => {
  test('ends by itself after its blocks, and leaves nothing behind', async () => {
    const { status, stdout, stderr } = await runSource(CLI, ['demo', '--blocks', '14', '--block-time', '50'])
    expect(status).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines.map((line) => Number(/^block +(\d+) /.exec(line)?.[1]))).toEqual(
      Array.from({ length: 14 }, (_, i) => i),
    )
    const [, file] = /Serving (\S+) on 127\.0\.0\.1:\d+/.exec(stderr) ?? []
    expect(file).toContain('datastreamer-demo-')
    expect(existsSync(file ?? '')).toBe(false)
  })

  test('serves a file that is there, and never writes to it', async () => {
    using dir = tempDir()
    await datastreamer('generate', dir.join('s.bin'), '--blocks', '5', '--seed', '9')
    const before = await linesOf('info', dir.join('s.bin'), '--json')
    const { status, stdout } = await runSource(CLI, ['demo', dir.join('s.bin'), '--blocks', '5'])
    expect(status).toBe(0)
    expect(stdout.trimEnd().split('\n')).toHaveLength(5)
    expect(await linesOf('info', dir.join('s.bin'), '--json')).toEqual(before)
  })

  test('leaves nothing behind when it is asked to end a second time', async () => {
    await using demo = new SourceProcess(CLI, ['demo', '--block-time', '50'])
    await demo.firstLine()
    // Two of the same might arrive as one.
    demo.child.kill('SIGINT')
    const { status, stderr } = await demo.end('SIGTERM')
    expect(status).toBe(1)
    const [, file] = /Serving (\S+) on 127\.0\.0\.1:\d+/.exec(stderr) ?? []
    expect(file).toContain('datastreamer-demo-')
    expect(existsSync(dirname(file ?? ''))).toBe(false)
  })

  test('names a command that whoever ran it with pnpm can call', async () => {
    const env = { ...process.env, npm_config_user_agent: 'pnpm/12.1.2 npm/? node/v26.0.0 linux x64' }
    const args = [...FROM_SOURCE, bundledApp(CLI), 'demo', '--blocks', '1']
    const { stderr } = await promisify(execFile)(process.execPath, args, { env })
    expect(stderr).toMatch(/\n {2}npx -y pnpm@12\.1\.2 exec datastreamer tail 127\.0\.0\.1:\d+ --blocks\n/)
  })

  test('ends with status 0 at Ctrl-C', async () => {
    await using demo = new SourceProcess(CLI, ['demo', '--block-time', '50'])
    await demo.firstLine()
    expect((await demo.end('SIGINT')).status).toBe(0)
  })

  describe.skipIf(!existsSync('/proc/self/task'))('while it starts (where /proc lists its children)', () => {
    test.each(['SIGINT', 'SIGTERM'] as const)('ends at %s with status 0, and without a word', async (signal) => {
      using dir = tempDir()
      await using demo = new SourceProcess(CLI, ['demo'], { env: { TMPDIR: dir.path } })
      await serverOf(demo)
      const { status, stdout, stderr } = await demo.end(signal)
      expect([status, stdout, stderr, readdirSync(dir.path)]).toEqual([0, '', '', []])
    })

    test('leaves no server behind when it is killed', async () => {
      using dir = tempDir()
      await using demo = new SourceProcess(CLI, ['demo'], { env: { TMPDIR: dir.path } })
      const child = await serverOf(demo)
      demo.child.kill('SIGKILL')
      try {
        await expect.poll(() => isRunning(child), { timeout: 60_000 }).toBe(false)
      } finally {
        if (isRunning(child)) process.kill(child, 'SIGKILL')
      }
    })
  })

  test('leaves no server behind when it is killed', async () => {
    using dir = tempDir()
    const args = ['demo', '--block-time', '50']
    await using demo = new SourceProcess(CLI, args, { env: { TMPDIR: dir.path } })
    await demo.firstLine()
    const [, port] = /on 127\.0\.0\.1:(\d+)/.exec(demo.stderr) ?? []
    expect(await isServed(Number(port))).toBe(true)
    demo.child.kill('SIGKILL')
    await expect.poll(() => isServed(Number(port)), { timeout: 60_000 }).toBe(false)
  })
})

/** Number of the server's process, once the demo has started it. */
async function serverOf({ child: { pid } }: SourceProcess): Promise<number> {
  let server: string | undefined
  const look = (): string | undefined => {
    const children = readProc(`${pid}/task/${pid}/children`).trim().split(' ')
    server = children.find((child) => child !== '' && readProc(`${child}/cmdline`).includes('\0--port\0'))
    return server
  }
  await expect.poll(look, { timeout: 60_000, interval: 5 }).toBeDefined()
  return Number(server)
}

/** What /proc says of a process; nothing if it has ended. */
function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8')
  } catch {
    return ''
  }
}

/** Whether a process runs: one that has ended and whose parent has ended may still be listed. */
function isRunning(pid: number): boolean {
  return /^State:\t[^ZX]/m.test(readProc(`${pid}/status`))
}

async function isServed(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port })
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

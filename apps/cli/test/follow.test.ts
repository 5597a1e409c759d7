import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { bundledApp, FROM_SOURCE, SourceProcess, tempDir } from '@datastreamer/fixtures'
import { openStore } from '@datastreamer/store'
import { describe, expect, test } from 'vitest'
import { CLI, datastreamer, linesOf, SERVER } from './cli.ts'

/** Add an entry to a stream file. */
async function appendEntry(file: string): Promise<void> {
  const store = await openStore({ file, fsync: 'never' })
  store.startAtomicOp()
  store.addStreamEntry(1, new Uint8Array(3))
  await store.commitAtomicOp()
  await store.close()
}

describe('following', () => {
  test('a file and a server that grow, to a number of blocks', async () => {
    using dir = tempDir()
    const file = dir.join('s.bin')
    await using server = new SourceProcess(SERVER, ['--demo', '--demo-block-time', '20', '--port', '0', '--file', file])
    const address = (await server.firstLine()).replace('ready stream=', '')
    const [ofFile, ofServer, latest] = await Promise.all([
      linesOf('tail', file, '--from', '0', '--blocks', '--count', '60', '--json'),
      linesOf('tail', address, '--from', '0', '--to', 'block:59', '--blocks', '--json'),
      linesOf('tail', address, '--blocks', '--count', '2', '--json'),
    ])
    expect(ofFile).toHaveLength(60)
    expect(ofServer).toEqual(ofFile)
    const [first, second] = latest.map((line) => Number(JSON.parse(line).number))
    expect(second).toBe((first ?? 0) + 1)
  })

  test('ends where a file is truncated before what was printed', async () => {
    using dir = tempDir()
    const file = dir.join('s.bin')
    await datastreamer('generate', file, '--blocks', '3')
    await using tail = new SourceProcess(CLI, ['tail', file, '--from', '0'])
    await tail.firstLine()
    await datastreamer('truncate', file, '--entry', '1', '--yes')
    const { status, stderr } = await tail.ended
    expect(status).toBe(1)
    expect(stderr).toMatch(/s\.bin: the stream was truncated: entries up to \d+ delivered, the stream has 1\n$/)
  })

  test('says once that it waits, where nobody writes', async () => {
    using dir = tempDir()
    const file = dir.join('s.bin')
    await datastreamer('generate', file, '--blocks', '3')
    await using tail = new SourceProcess(CLI, ['tail', file])
    await expect.poll(() => tail.stderr).toContain('waiting until')
    const { status, stdout, stderr } = await tail.end('SIGINT')
    const said =
      /^datastreamer: \S+s\.bin: waiting until entry (\d+) is written to the file; it has \1 entries \(-n 10 /
    expect([status, stdout, stderr.match(/\n/g)?.length]).toEqual([0, '', 1])
    expect(stderr).toMatch(said)
  })

  test('begins with the last entries and goes on with those to come', async () => {
    using dir = tempDir()
    const file = dir.join('s.bin')
    await datastreamer('generate', file, '--blocks', '5')
    const all = await linesOf('tail', file, '--json', '--no-follow')
    await using tail = new SourceProcess(CLI, ['tail', file, '-n', '2', '--count', '3', '--json'])
    await tail.firstLine()
    await appendEntry(file)
    const { status, stdout } = await tail.ended
    expect(status).toBe(0)
    const numbers = stdout
      .trimEnd()
      .split('\n')
      .map((line) => Number(JSON.parse(line).number))
    expect(numbers).toEqual([all.length - 2, all.length - 1, all.length])
  })

  test('ends with status 0 at Ctrl-C', async () => {
    using dir = tempDir()
    await datastreamer('generate', dir.join('s.bin'), '--blocks', '3')
    await using tail = new SourceProcess(CLI, ['tail', dir.join('s.bin'), '--from', '0'])
    await tail.firstLine()
    const { status, stderr } = await tail.end('SIGINT')
    expect([status, stderr]).toEqual([0, ''])
  })

  test('head ends it quietly', async () => {
    using dir = tempDir()
    await datastreamer('generate', dir.join('s.bin'), '--blocks', '2000')
    const script = 'set -o pipefail; "$@" | head -3'
    const args = [...FROM_SOURCE, bundledApp(CLI), 'tail', dir.join('s.bin'), '--from', '0']
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script, 'bash', process.execPath, ...args])
    expect(stdout.trimEnd().split('\n')).toHaveLength(3)
    expect(stderr).toBe('')
  })

  test('goes on when the server comes back, without gap or repetition', async () => {
    using dir = tempDir()
    const args = ['--demo', '--demo-block-time', '10', '--file', dir.join('s.bin')]
    await using first = new SourceProcess(SERVER, [...args, '--port', '0'])
    const address = (await first.firstLine()).replace('ready stream=', '')
    await using tail = new SourceProcess(CLI, ['tail', address, '--from', '0', '--blocks', '--json'])
    await tail.firstLine()
    await first.end('SIGKILL')
    await using _second = new SourceProcess(SERVER, [...args, '--port', address.split(':')[1] ?? ''])
    await expect.poll(() => tail.stderr).toContain('connected again')
    const lines = (): number => tail.stdout.split('\n').length - 1
    const before = lines()
    await expect.poll(lines).toBeGreaterThan(before + 20)
    const { status, stdout, stderr } = await tail.end('SIGINT')
    expect(status).toBe(0)
    const numbers = stdout
      .trimEnd()
      .split('\n')
      .map((line) => Number(JSON.parse(line).number))
    expect(numbers).toEqual(numbers.map((_, i) => i))
    expect(stderr).toMatch(/^datastreamer: 127[\d.:]+: lost the connection: [^\n]*; trying again in \d+ ms\n/)
    expect(stderr).toMatch(/\ndatastreamer: 127[\d.:]+: connected again\n$/)
    expect(stderr).not.toContain(`${address}: ${address}`)
  })
})

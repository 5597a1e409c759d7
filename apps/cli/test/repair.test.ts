import { closeSync, copyFileSync, cpSync, existsSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { runSource, SourceProcess, tempDir } from '@datastreamer/fixtures'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CLI, datastreamer, jsonOf, linesOf, SERVER } from './cli.ts'
import { copyStream, used } from './stream-files.ts'

function poke(file: string, position: number, ...bytes: number[]): void {
  const handle = openSync(file, 'r+')
  writeSync(handle, Uint8Array.from(bytes), 0, bytes.length, position)
  closeSync(handle)
}

describe('generate', () => {
  test('the same seed gives the same bytes, another one others', async () => {
    using dir = tempDir()
    const make = async (name: string, seed: string): Promise<Buffer> => {
      await linesOf('generate', dir.join(name), '--blocks', '30', '--seed', seed)
      return used(dir.join(name))
    }
    const [one, same, other] = await Promise.all([make('a.bin', '5'), make('b.bin', '5'), make('c.bin', '6')])
    expect(one.equals(same)).toBe(true)
    expect(one.equals(other)).toBe(false)
  })

  test('leaves a file alone that is there', async () => {
    using dir = tempDir()
    await linesOf('generate', dir.join('a.bin'), '--blocks', '1')
    const { status, stderr } = await datastreamer('generate', dir.join('a.bin'), '--blocks', '1')
    expect([status, stderr]).toEqual([2, expect.stringContaining('is there already')])
  })
})

describe('verify and recover', () => {
  test('a damage is reported with its position; nothing is done without a yes; then what is whole stays', async () => {
    using dir = tempDir()
    const file = dir.join('s.bin')
    await linesOf('generate', file, '--blocks', '50')
    expect(await linesOf('verify', file)).toContain('result     whole')
    expect((await datastreamer('recover', file)).stderr).toContain('is whole: nothing to do')

    // The entry that opens the file's first block says that it is shorter than an entry can be.
    const entries = await jsonOf('tail', file, '--no-follow', '--to', '60')
    const position = 4096 + entries.slice(0, 60).reduce((sum, { length }) => sum + Number(length), 0)
    poke(file, position + 1, 0, 0, 0, 3)
    const { status, stdout } = await datastreamer('verify', file, '--json')
    expect(status).toBe(1)
    const [damage] = stdout.trimEnd().split('\n')
    expect(JSON.parse(damage ?? '')).toEqual({
      code: 'BAD_LENGTH',
      message: expect.stringContaining(`at byte ${position + 1} (page 0), entry 60`),
      position: position + 1,
      page: 0,
      entryNumber: '60',
    })

    expect(await datastreamer('sanity', file)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/entry 60 \(verify reports all that is damaged\)/),
    })
    // In a process of its own, whose input is no terminal.
    const plain = await datastreamer('recover', file, '--yes')
    expect([plain.status, plain.stderr]).toEqual([1, expect.stringMatching(/--from SRC .* --cut .* loses \d+ entries/)])
    const shown = await datastreamer('recover', file, '--cut', '--dry-run')
    expect([shown.status, shown.stdout]).toEqual([0, expect.stringMatching(/lost +\d+ entries/)])
    const asked = await runSource(CLI, ['recover', file, '--cut'])
    expect([asked.status, asked.stderr]).toEqual([1, expect.stringContaining('nothing was done')])
    expect(asked.stdout).toMatch(/will be +\d+ entries/)
    const done = await datastreamer('recover', file, '--cut', '--yes')
    expect(done.status).toBe(3)
    const [, copy] = /is kept in (\S+)/.exec(done.stderr) ?? []
    expect(done.stderr).toMatch(/recovered \S+: 5\d entries, /)
    expect(existsSync(copy ?? '')).toBe(true)
    expect((await datastreamer('verify', file)).status).toBe(0)
  })

  test('a file without its header is reported as beyond recovery', async () => {
    using dir = tempDir()
    const file = dir.join('s.bin')
    await linesOf('generate', file, '--blocks', '2')
    poke(file, 0, 0)
    const { status, stdout, stderr } = await datastreamer('recover', file, '--yes')
    expect([status, stdout]).toEqual([1, expect.stringMatching(/^BAD_MAGIC: .*\n$/)])
    expect(stderr).toBe(
      `datastreamer: ${file} cannot be recovered: without its header nothing says what the stream is\n`,
    )
  })

  test('info shows what can be shown of a file whose end is whole', async () => {
    using dir = tempDir()
    const file = dir.join('s.bin')
    await linesOf('generate', file, '--blocks', '1000')
    poke(file, 4097, 0, 0, 0, 3)
    const { status, stdout, stderr } = await datastreamer('info', file)
    expect([status, stderr]).toEqual([1, expect.stringContaining('(verify reports all that is damaged)\n')])
    expect(stdout).toContain('2 of 100 pages in use')
    expect(stdout).not.toContain('bookmarks')
  })

  test('a file that is no stream is one damage', async () => {
    const { status, stdout } = await datastreamer('verify', import.meta.filename)
    expect(status).toBe(1)
    expect(stdout).toContain('BAD_MAGIC: ')
  })
})

const made = tempDir()
beforeAll(() => linesOf('generate', made.join('made.bin'), '--blocks', '2000'))
afterAll(() => made[Symbol.dispose]())

/** A generated file, a copy of it, and a position in its first entry. */
function damagedTwin(dir: ReturnType<typeof tempDir>): { file: string; twin: string } {
  const file = dir.join('s.bin')
  const twin = dir.join('twin.bin')
  copyStream(made.join('made.bin'), file)
  copyStream(made.join('made.bin'), twin)
  copyFileSync(made.join('made.commits'), dir.join('s.commits'))
  cpSync(made.join('made.db'), dir.join('s.db'), { recursive: true })
  poke(file, 4096 + 17, 0xee)
  return { file, twin }
}

describe('recover without losing what is whole', () => {
  test('replaces what is damaged from a file, keeps a copy, and from a server too', async () => {
    using dir = tempDir()
    const { file, twin } = damagedTwin(dir)
    const verified = await datastreamer('verify', file)
    expect([verified.status, verified.stdout]).toEqual([1, expect.stringContaining('recover --take-over')])
    const whole = readFileSync(twin)
    {
      const { status, stderr } = await datastreamer('recover', file, '--from', twin, '--yes')
      expect([status, stderr]).toEqual([0, expect.stringContaining('.replaced-at-4096')])
      expect(readFileSync(file).equals(whole)).toBe(true)
      expect((await datastreamer('verify', file)).status).toBe(0)
    }
    // Also where entries cannot be read.
    poke(file, 4097, 0, 0, 0, 3)
    await using server = new SourceProcess(SERVER, ['--port', '0', '--file', twin])
    const [, port] = /:(\d+)/.exec(await server.firstLine()) ?? []
    const { status, stderr } = await datastreamer('recover', file, '--from', `127.0.0.1:${port}`, '--yes')
    expect([status, stderr]).toEqual([0, expect.stringContaining('1 byte changed')])
    expect(readFileSync(file).equals(whole)).toBe(true)
    expect((await datastreamer('verify', file)).status).toBe(0)
  })

  test('replaces from an archive', async () => {
    using dir = tempDir()
    const { file, twin } = damagedTwin(dir)
    await linesOf('e2store', 'export', twin, '--out', dir.join('out'))
    const [archive = ''] = readdirSync(dir.join('out'))
    // From a segment, or a folder of them.
    for (const source of [dir.join(`out/${archive}`), dir.join('out')]) {
      poke(file, 4096 + 17, 0xee)
      const { status, stderr } = await datastreamer('recover', file, '--from', source, '--yes')
      expect([status, stderr]).toEqual([0, expect.stringContaining('1 byte changed')])
      expect((await datastreamer('verify', file)).status).toBe(0)
    }
  })

  test('refuses another stream', async () => {
    using dir = tempDir()
    const { file } = damagedTwin(dir)
    const before = readFileSync(file)
    await linesOf('generate', dir.join('other.bin'), '--blocks', '2000', '--seed', '7')
    const { status } = await datastreamer('recover', file, '--from', dir.join('other.bin'), '--yes')
    expect(status).toBe(1)
    expect(readFileSync(file).equals(before)).toBe(true)
  })

  test('marks what can be read, or takes it over', async () => {
    using dir = tempDir()
    const { file } = damagedTwin(dir)
    const before = readFileSync(file)
    expect((await datastreamer('recover', file, '--dry-run')).stdout).toMatch(
      /marked +entries 0 to \d+, bytes 4096 to /,
    )
    expect((await datastreamer('recover', file, '--yes')).status).toBe(3)
    expect(readFileSync(file).equals(before)).toBe(true)
    {
      await using server = new SourceProcess(SERVER, ['--port', '0', '--file', file])
      const [, port] = /:(\d+)/.exec(await server.firstLine()) ?? []
      expect((await datastreamer('entry', `127.0.0.1:${port}`, '0')).status).toBe(1)
      expect((await datastreamer('entry', `127.0.0.1:${port}`, '8000')).status).toBe(0)
    }
    expect((await datastreamer('recover', file, '--take-over', '--yes')).status).toBe(0)
    expect((await datastreamer('verify', file)).status).toBe(0)
    await using server = new SourceProcess(SERVER, ['--port', '0', '--file', file])
    const [, port] = /:(\d+)/.exec(await server.firstLine()) ?? []
    expect((await datastreamer('entry', `127.0.0.1:${port}`, '0')).status).toBe(0)
  })
})

describe('truncate and reindex', () => {
  test('truncate entries and bookmarks; rebuild the index', async () => {
    using dir = tempDir()
    const file = dir.join('s.bin')
    await linesOf('generate', file, '--blocks', '20')
    const [block] = await jsonOf('bookmark', file, '--block', '10')
    const firstRemoved = Number(block?.number) - 1
    const before = used(file)
    // In a process of its own, whose input is no terminal.
    const asked = await runSource(CLI, ['truncate', file, '--entry', String(firstRemoved)])
    expect([asked.status, asked.stderr]).toEqual([1, expect.stringContaining('nothing was done')])
    const shown = await datastreamer('truncate', file, '--entry', String(firstRemoved), '--dry-run')
    expect([shown.status, shown.stdout]).toEqual([
      0,
      expect.stringMatching(/lost +\d+ entries, [\d,]+ bytes \(a copy is kept\)/),
    ])
    expect(used(file).equals(before)).toBe(true)
    const { status, stderr } = await datastreamer('truncate', file, '--entry', String(firstRemoved), '--yes')
    expect([status, stderr]).toEqual([0, expect.stringContaining(`now has ${firstRemoved} entries`)])
    const [, copy = '', position] = /kept in (\S+-(\d+))/.exec(stderr) ?? []
    const kept = readFileSync(copy)
    expect(kept.subarray(0, 4096).equals(before.subarray(0, 4096))).toBe(true)
    expect(kept.subarray(4096).equals(before.subarray(Number(position), Number(position) + kept.length - 4096))).toBe(
      true,
    )
    expect((await datastreamer('bookmark', file, '--block', '10')).status).toBe(1)
    expect((await datastreamer('reindex', file)).stderr).toMatch(/put \d+ bookmarks into the index/)
    expect(await jsonOf('bookmark', file, '--block', '9')).toHaveLength(1)
    const beyond = await datastreamer('truncate', file, '--entry', '9999')
    expect([beyond.status, beyond.stderr]).toEqual([1, expect.stringContaining('no entry 9999, the stream has')])
  })

  test('not while a server writes the file', async () => {
    using dir = tempDir()
    const file = dir.join('s.bin')
    await linesOf('generate', file, '--blocks', '5')
    await using server = new SourceProcess(SERVER, ['--port', '0', '--file', file])
    await server.firstLine()
    for (const args of [
      ['truncate', file, '--entry', '1', '--yes'],
      ['reindex', file],
    ]) {
      const { status, stderr } = await datastreamer(...args)
      expect([status, stderr]).toEqual([1, expect.stringContaining('a stream has one writer')])
    }
    expect((await datastreamer('verify', file)).status).toBe(0)
  })

  test('not of a file that is not there', async () => {
    const { status, stderr } = await datastreamer('truncate', '/nowhere/s.bin', '--entry', '0')
    expect([status, stderr]).toEqual([1, expect.stringContaining('there is no such file')])
  })
})

import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { Writable } from 'node:stream'
import { runSource, SourceProcess, tempDir } from '@datastreamer/fixtures'
import { openStore } from '@datastreamer/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createProgram } from '../src/program.ts'
import { runWork } from '../src/run-command.ts'
import { CLI, datastreamer, jsonOf, linesOf, SERVER } from './cli.ts'

const folder = tempDir()
afterAll(() => folder[Symbol.dispose]())

const file = folder.join('stream.v1.bin')
const badPem = folder.join('bad.pem')
let server: SourceProcess
/** The same stream as file and as host:port. */
const sources: { file: string; server: string } = { file, server: '' }

beforeAll(async () => {
  const { status } = await datastreamer('generate', file, '--blocks', '40', '--seed', '7')
  expect(status).toBe(0)
  writeFileSync(badPem, '-----BEGIN CERTIFICATE-----\nhello\n-----END CERTIFICATE-----\n')
  server = new SourceProcess(SERVER, ['--read-only', '--port', '0', '--file', file], { timeoutMs: 600_000 })
  sources.server = (await server.firstLine()).replace('ready stream=', '')
})

afterAll(async () => {
  await server?.end()
})

test('file and server print the same, whatever is asked for', async () => {
  const commands = [
    ['tail', 'SRC', '--no-follow'],
    ['tail', 'SRC', '--no-follow', '--json', '--from', 'block:20'],
    ['tail', 'SRC', '--no-follow', '--blocks', '--json'],
    ['tail', 'SRC', '--blocks', '--from', 'batch:2', '--to', 'batch:3'],
    ['dump-batch', 'SRC', '2'],
    ['sanity', 'SRC'],
    ['bookmark', 'SRC', '--batch', '3'],
    ['entry', 'SRC', '30'],
  ]
  const check = async (args: readonly string[]): Promise<void> => {
    const [ofFile, ofServer] = await Promise.all(
      [sources.file, sources.server].map((src) => linesOf(...args.map((arg) => (arg === 'SRC' ? src : arg)))),
    )
    expect(ofServer, args.join(' ')).toEqual(ofFile)
    expect(ofFile?.length).toBeGreaterThan(0)
  }
  await Promise.all(commands.map(check))
})

describe('info', () => {
  test('shows the header, and of a file what it holds', async () => {
    const [ofFile] = await jsonOf('info', file)
    expect(ofFile).toEqual({
      source: file,
      generation: 3,
      version: 2,
      systemId: '1101',
      streamType: '1',
      totalLength: expect.any(Number),
      totalEntries: expect.stringMatching(/^\d+$/),
      encoding: 'protobuf',
      size: 4096 + 100 * 1_048_576,
      pages: 100,
      pagesInUse: 1,
      bookmarks: expect.any(Number),
    })
    const { size, pages, pagesInUse, bookmarks, source, ...header } = ofFile ?? {}
    expect(await jsonOf('info', sources.server)).toEqual([{ ...header, source: sources.server }])
  })

  test('aligned for people', async () => {
    expect(await linesOf('info', file)).toContain('system id    1101')
  })
})

describe('entry and bookmark', () => {
  test('as JSON: number, type, whole length, data', async () => {
    const [entry] = await jsonOf('entry', file, '1')
    expect(Object.keys(entry ?? {})).toEqual(['number', 'type', 'length', 'data'])
    const { number, type, length, data } = entry ?? {}
    expect([number, type]).toEqual(['1', 1])
    expect(length).toBe(17 + (String(data).length - 2) / 2)
  })

  test('a bookmark leads to the entry after it', async () => {
    const [block] = await jsonOf('bookmark', file, '--block', '3')
    expect(block?.type).toBe(2)
    const [before] = await jsonOf('entry', file, String(Number(block?.number) - 1))
    expect(await jsonOf('bookmark', file, '--hex', String(before?.data))).toEqual([block])
  })

  test.each([
    [['entry', 'SRC', '99999'], 'has no entry 99999, only'],
    [['bookmark', 'SRC', '--block', '99999'], 'has no such bookmark'],
    [['tail', 'SRC', '--from', 'block:99999'], 'has no bookmark of block 99999\n'],
    [['tail', 'SRC', '--from', '99999', '--no-follow'], 'has no entry 99999'],
    [['dump-batch', 'SRC', '99999'], 'has no bookmark of batch 99999\n'],
  ])('%j fails, for a file and for a server', async (args, message) => {
    for (const src of [sources.file, sources.server]) {
      const { status, stderr } = await datastreamer(...args.map((arg) => (arg === 'SRC' ? src : arg)))
      expect([status, stderr]).toEqual([1, expect.stringContaining(message)])
    }
  })
})

test("a stream that is no sequencer's is shown as it is", async () => {
  const other = folder.join('other.bin')
  const store = await openStore({ file: other, streamType: 7n, version: 9 })
  store.startAtomicOp()
  store.addStreamBookmark(Uint8Array.of(1))
  store.addStreamEntry(2, Uint8Array.of(8, 5))
  await store.commitAtomicOp()
  await store.close()
  const lines = await linesOf('tail', other, '--stream-type', '7', '--no-follow')
  expect(lines.map((line) => line.trim().split(/\s{2,}/))).toEqual([
    ['0', 'bookmark', '18 B', '0x01'],
    ['1', 'type 2', '19 B', '0x0805'],
  ])
  expect(await linesOf('entry', other, '1', '--stream-type', '7')).toHaveLength(4)
  expect(await linesOf('bookmark', other, '--hex', '01', '--stream-type', '7')).toHaveLength(4)
  expect(await jsonOf('info', other, '--stream-type', '7')).toMatchObject([{ version: 9, encoding: null }])
  const asSequencer = await linesOf('tail', other, '--stream-type', '7', '--no-follow', '--generation', 'protobuf')
  expect(asSequencer[1]).toContain('block 5')
})

describe('sanity', () => {
  test('finds a whole stream in order', async () => {
    const [summary] = await jsonOf('sanity', sources.server)
    expect(summary).toMatchObject({ blocks: '40', findings: '0', firstBlock: '0', lastBlock: '39' })
  })

  test('reports what another encoding cannot read, and ends with status 1', async () => {
    const { status, stdout } = await datastreamer('sanity', file, '--generation', 'etrog')
    expect(status).toBe(1)
    expect(stdout).toMatch(/^entry 0: \w+: found .*, expected /)
  })
})

test('the process itself prints and ends with a status', async () => {
  const ended = await Promise.all([
    runSource(CLI, ['info', file]),
    runSource(CLI, ['info']),
    runSource(CLI, ['info', '/nowhere']),
  ])
  expect(ended.map(({ status }) => status)).toEqual([0, 2, 1])
  expect(ended[0]?.stdout).toContain('system id')
  expect(ended[1]?.stderr).toBe("error: missing required argument 'SRC'\nTry datastreamer info --help\n")
  expect(ended[2]?.stderr).toBe(
    'datastreamer: /nowhere: there is no such file (a server is named as host:port, a history as https:// or s3://)\n',
  )
})

test('a file that is read can be written meanwhile', async () => {
  const shared = folder.join('shared.bin')
  await datastreamer('generate', shared, '--blocks', '300')
  let onWritten = (): void => {}
  const written = new Promise<void>((resolve) => {
    onWritten = resolve
  })
  const output: string[] = []
  const slow = new Writable({
    highWaterMark: 1,
    write: (chunk, _encoding, done) => {
      output.push(String(chunk))
      void written.then(() => done())
    },
  })
  const program = createProgram(async (work) => {
    await runWork(work, { stdout: slow, stderr: process.stderr }, AbortSignal.timeout(280_000))
  })
  const reading = program.parseAsync(['tail', shared, '--from', 'block:1', '--no-follow'], { from: 'user' })
  while (output.length === 0) await new Promise((done) => setTimeout(done, 5))
  const store = await openStore({ file: shared })
  await store.close()
  onWritten()
  await reading
  expect(output.join('')).toContain('block 299')
})

describe('what cannot be opened', () => {
  test.each(['destroySoon', 'resetAndDestroy'] as const)(
    'a server that ends the connection by %s may hold another stream',
    async (end) => {
      const other = createServer((socket) => socket.once('data', () => socket[end]())).listen(0, '127.0.0.1')
      await once(other, 'listening')
      const { port } = other.address() as AddressInfo
      const { status, stderr } = await datastreamer('info', `127.0.0.1:${port}`, '--stream-type', '2')
      other.close()
      expect([status, stderr]).toEqual([1, expect.stringContaining('--stream-type')])
    },
  )

  test.each([
    [['info', '/nowhere/stream.bin'], 1, 'there is no such file'],
    ...[
      ...['info', 'verify', 'cat'].map((command) => ['e2store', command, '/nowhere/x.e2ds']),
      ...['split', 'merge', 'export'].map((command) => [
        'e2store',
        command,
        '/nowhere/x.e2ds',
        '--out',
        '/nowhere/out',
      ]),
      ['e2store', 'import', '/nowhere/x.e2ds', '--file', '/nowhere/out'],
      ...['verify', 'recover', 'reindex', 'sanity', 'tail'].map((command) => [command, '/nowhere/x.e2ds']),
      ['truncate', '/nowhere/x.e2ds', '--entry', '1'],
    ].map((args): [string[], number, string] => [args, 1, '/nowhere/x.e2ds: there is no such file']),
    [['info', import.meta.filename], 1, 'magic'],
    [['info', '127.0.0.1:1'], 1, 'ECONNREFUSED'],
    [['info', 'SERVER', '--stream-type', '2'], 1, '--stream-type'],
    [['info', file, '--stream-type', '2'], 1, '(--stream-type says which is expected)\n'],
    [['nope'], 2, "unknown command 'nope'"],
    [['bookmark', file, '--block', '1', '--batch', '2'], 2, 'name one bookmark'],
    [['info', file, '--tls-cert', 'x'], 0, ''],
    [['info', 'SERVER', '--tls-cert', 'x'], 2, '--tls-cert needs --tls-key'],
    [['info', 'SERVER', '--tls-ca', '/nowhere/ca.pem'], 2, '--tls-ca: no such file /nowhere/ca.pem'],
    [['info', 'SERVER', '--tls-ca', file], 2, `--tls-ca: ${file} is no PEM file`],
    [['info', 'SERVER', '--tls-cert', badPem, '--tls-key', badPem], 2, 'cannot be used'],
    [['info', '127.0.0.1:0'], 2, 'as a port 0 is none from 1 to 65535'],
    [['info', '127.0.0.1:65536'], 2, 'as a port 65536 is none from 1 to 65535'],
    [['info', '/'], 1, '/ is a folder, expected a file'],
  ])('%j: status %i', async (args, expected, message) => {
    const given = args.map((arg) => (arg === 'SERVER' ? sources.server : arg))
    const { status, stdout, stderr } = await datastreamer(...given)
    // `e2store verify` reports each file on its output, those that verify too.
    const output = args[1] === 'verify' ? stdout : stderr
    expect([status, output]).toEqual([expected, expect.stringContaining(message)])
  })
})

import { existsSync, writeFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { connect } from '@datastreamer/client'
import { runSource, tempDir } from '@datastreamer/fixtures'
import { BOOKMARK_TYPE, encodeCommand, encodeResult } from '@datastreamer/format'
import { assembleBlocks, checkSequence, generateStream } from '@datastreamer/sequencer-entries'
import { openStore, type StreamStore } from '@datastreamer/store'
import { describe, expect, test } from 'vitest'
import { MAIN, TestServer } from './server.ts'

async function append(store: StreamStore, firstBlock: bigint, blocks: bigint): Promise<void> {
  for (const operation of generateStream({ firstBlock, blocks })) {
    store.startAtomicOp()
    for (const { type, data } of operation) {
      if (type === BOOKMARK_TYPE) store.addStreamBookmark(data)
      else store.addStreamEntry(type, data)
    }
    await store.commitAtomicOp()
  }
}

/** A stream file of made-up blocks, still open for writing. */
async function openWithBlocks(file: string, blocks: bigint): Promise<StreamStore> {
  const store = await openStore({ file, systemId: 1101n, fsync: 'never' })
  await append(store, 0n, blocks)
  return store
}

/** The first blocks of a server's stream. */
async function blocksOf(port: number, count: number): Promise<bigint[]> {
  await using client = await connect({ host: '127.0.0.1', port })
  const numbers: bigint[] = []
  for await (const { number } of assembleBlocks(client.batches(), { generation: 'protobuf' })) {
    if (numbers.push(number) === count) break
  }
  return numbers
}

test('flags as the Go command has them, and a variable that none has', async () => {
  using dir = tempDir()
  const args = [
    '-file',
    dir.join('go.bin'),
    '-log=WARN',
    '--writetimeout',
    '2000',
    '-inactivitytimeout',
    '60',
    '-port=0',
  ]
  await using server = TestServer.start(args, { env: { DATASTREAMER_PROT: '1' } })
  await server.port()
  const { status, stderr } = await server.end()
  expect([status, existsSync(dir.join('go.bin'))]).toEqual([0, true])
  expect(stderr).toMatch(/WARN: DATASTREAMER_PROT: .*, did you mean DATASTREAMER_PORT\?; it has no effect\n/)
  expect(stderr).not.toContain('INFO')
})

test.each(['pretty', 'json'])('a file name gives no commands to whoever reads the log: %s', async (format) => {
  using dir = tempDir()
  const file = dir.join('a\x1b[2J\nFATAL: b\x9b\u202e.bin')
  const args = ['--file', file, '--log-format', format, '--admin-port', '0']
  await using server = TestServer.start(args)
  const address = /admin"?[=:]"?([\d.:]+)/.exec(await server.firstLine())?.[1]
  const status = await (await fetch(`http://${address}/api/status`)).text()
  const { stderr, stdout } = await server.end()
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  for (const text of [stderr, stdout, status]) expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/)
  expect(stderr).not.toMatch(/^FATAL/m)
  expect(stderr).toContain('a\\u001b[2J\\nFATAL: b\\u009b\\u202e.bin')
  expect(JSON.parse(status)).toMatchObject({ file })
})

test.each([
  ['nope.bin', ['--read-only'], 'nope.bin: there is no such file\n'],
  ['nope.bin', ['--follow'], 'nope.bin: there is no such file\n'],
  ['text.bin', ['--read-only'], 'text.bin: magic "hello", expected "polygonDATSTREAM" at byte 0 (header page)\n'],
  ['text.bin', [], 'text.bin: magic "hello", expected "polygonDATSTREAM" at byte 0 (header page)\n'],
])('a file that cannot be served, %s %j: one message, once', async (name, args, message) => {
  using dir = tempDir()
  writeFileSync(dir.join('text.bin'), 'hello')
  const { status, stderr } = await runSource(MAIN, ['--file', dir.join(name), ...args])
  expect([status, stderr.replace(/^\[.*\] /, '').replace(dir.path, 'DIR')]).toEqual([1, `FATAL: DIR/${message}`])
})

const upTo = (count: number): bigint[] => Array.from({ length: count }, (_, i) => BigInt(i))

describe('a file that is only read', () => {
  test('is served while its writer has it open', async () => {
    using dir = tempDir()
    await using store = await openWithBlocks(dir.join('s.bin'), 5n)
    await using server = TestServer.start(['--read-only', '--file', store.log.path])
    expect(await blocksOf(await server.port(), 5)).toEqual(upTo(5))
  })

  test('a command that does not fit the state ends the connection, unless it is to be kept', async () => {
    using dir = tempDir()
    await (await openWithBlocks(dir.join('s.bin'), 1n)).close()
    const answered = async (...args: string[]): Promise<{ bytes: number; stderr: string }> => {
      await using server = TestServer.start(['--read-only', '--file', dir.join('s.bin'), ...args])
      const socket = connectTcp({ host: '127.0.0.1', port: await server.port() })
      for (const name of ['stop', 'header'] as const) socket.write(encodeCommand({ name }, 1n))
      socket.end()
      return { bytes: (await buffer(socket)).length, stderr: (await server.end()).stderr }
    }
    const refusal = encodeResult(2).length
    const closed = await answered()
    expect(closed.bytes).toBe(refusal)
    expect(closed.stderr).toMatch(
      /was closed: BAD_STATE, stop while not streaming, --keep-open-on-state-error would keep it/,
    )
    const kept = await answered('--keep-open-on-state-error')
    expect(kept.bytes).toBe(refusal + encodeResult(0).length + 38)
    expect(kept.stderr).not.toContain('BAD_STATE')
  })

  test('is refused if it is not there, no stream, or another stream than asked for', async () => {
    using dir = tempDir()
    writeFileSync(dir.join('junk.bin'), 'this is no stream, whatever its name says')
    await (await openWithBlocks(dir.join('s.bin'), 1n)).close()
    const run = async (...args: string[]): Promise<[unknown, string]> => {
      const { status, stderr } = await runSource(MAIN, ['--port', '0', '--read-only', '--file', ...args])
      return [status, stderr]
    }
    const stream = dir.join('s.bin')
    const [absent, junk, type, system, version] = await Promise.all([
      run(dir.join('none.bin')),
      run(dir.join('junk.bin')),
      run(stream, '--stream-type', '2'),
      run(stream, '--system-id', '5'),
      run(stream, '--file-version', '1'),
    ])
    expect(absent).toEqual([1, expect.stringContaining('there is no such file')])
    expect(junk).toEqual([1, expect.stringContaining('magic "this is no strea"')])
    expect(type).toEqual([1, expect.stringContaining('stream type 1, expected 2')])
    expect(system).toEqual([1, expect.stringContaining('system id 1101, asked for was 5')])
    expect(version).toEqual([1, expect.stringContaining('version 2, asked for was 1')])
  })
})

describe('a file that another process appends to', () => {
  test('is followed', async () => {
    using dir = tempDir()
    await using store = await openWithBlocks(dir.join('s.bin'), 3n)
    await using server = TestServer.start(['--follow', '--file', store.log.path])
    const reading = blocksOf(await server.port(), 8)
    await append(store, 3n, 5n)
    expect(await reading).toEqual(upTo(8))
  })
})

describe('the demo', () => {
  test('writes a valid stream, and goes on where its file ends', async () => {
    using dir = tempDir()
    const args = ['--demo', '--demo-block-time', '20', '--file', dir.join('demo.bin')]
    for (const blocks of [5, 12]) {
      await using server = TestServer.start(args)
      expect(await blocksOf(await server.port(), blocks)).toEqual(upTo(blocks))
      expect((await server.end()).status).toBe(0)
    }
    await using server = TestServer.start(['--read-only', '--file', dir.join('demo.bin')])
    await using client = await connect({ host: '127.0.0.1', port: await server.port() })
    expect(await client.getHeader()).toMatchObject({ systemId: 1101n, version: 2 })
    for await (const finding of checkSequence(client.batches({ follow: false }), { generation: 'protobuf' })) {
      expect(finding).toBeUndefined()
    }
  })

  test('survives SIGKILL: what was streamed is there, and it goes on', async () => {
    using dir = tempDir()
    const args = ['--demo', '--demo-block-time', '5', '--file', dir.join('demo.bin')]
    await using killed = TestServer.start(args)
    expect(await blocksOf(await killed.port(), 20)).toEqual(upTo(20))
    await killed.end('SIGKILL')
    await using again = TestServer.start(args)
    expect(await blocksOf(await again.port(), 40)).toEqual(upTo(40))
  })

  test('does not write into a stream that is none of its own', async () => {
    using dir = tempDir()
    const store = await openStore({ file: dir.join('s.bin') })
    store.startAtomicOp()
    store.addStreamEntry(2, Uint8Array.of(8, 1))
    await store.commitAtomicOp()
    await store.close()
    const { status, stderr } = await runSource(MAIN, ['--demo', '--port', '0', '--file', store.log.path])
    expect(status).toBe(1)
    expect(stderr).toContain('name another file')
  })
})

describe('a process', () => {
  test('ends in order on SIGTERM within its bound, though a client takes nothing', async () => {
    using dir = tempDir()
    await using server = TestServer.start(['--demo', '--file', dir.join('d.bin'), '--shutdown-timeout', '4s'])
    await using client = await connect({ host: '127.0.0.1', port: await server.port() })
    const entries = client.entries()
    await entries.next()
    const since = Date.now()
    const { status, stderr } = await server.end()
    expect(status).toBe(0)
    expect(Date.now() - since).toBeLessThan(40_000)
    expect(stderr).toMatch(/SIGTERM: ending[\s\S]*ended\n$/)
  })

  test('refuses a file that another one writes, and a port that is taken', async () => {
    using dir = tempDir()
    await using server = TestServer.start(['--file', dir.join('s.bin')])
    const port = String(await server.port())
    const second = await runSource(MAIN, ['--port', '0', '--file', dir.join('s.bin')])
    expect([second.status, second.stderr]).toEqual([1, expect.stringContaining('another program writes this file')])
    const third = await runSource(MAIN, ['--port', port, '--file', dir.join('other.bin')])
    expect([third.status, third.stderr]).toEqual([1, expect.stringContaining('EADDRINUSE')])
  })

  test.each([
    [['--port', '70000'], '--port: "70000" is not a whole number from 0 to 65535'],
    [['--demo', '--read-only'], '--demo writes, --read-only only reads'],
    [['--source-port', '0', '--follow'], '--source-port lets a source write, --follow only reads'],
  ])('called with %j ends with status 2', async (args, message) => {
    const { status, stderr } = await runSource(MAIN, args)
    expect(status).toBe(2)
    expect(stderr).toContain(message)
  })

  test('is configured by file, environment and flags alike', async () => {
    using dir = tempDir()
    writeFileSync(
      dir.join('c.toml'),
      `file = "${dir.join('s.bin')}"\nsystem-id = 5\nfile-version = 3\nadmin-port = 0\n`,
    )
    const env = {
      DATASTREAMER_CONFIG: dir.join('c.toml'),
      DATASTREAMER_SYSTEM_ID: '6',
      DATASTREAMER_LOG_FORMAT: 'json',
    }
    await using server = new TestServer(MAIN, ['--port', '0', '--log-format', 'pretty'], { env })
    const status = await (await server.admin('/api/status')).json()
    expect(status).toMatchObject({
      ready: true,
      mode: 'write',
      stream: { systemId: '6', version: 3, totalEntries: '0' },
    })
  })
})

describe('limits and metrics', () => {
  test('clients beyond the limit are rejected, logged and counted', async () => {
    using dir = tempDir()
    const args = [
      '--demo',
      '--demo-block-time',
      '10',
      '--file',
      dir.join('d.bin'),
      '--admin-port',
      '0',
      '--max-connections',
      '2',
    ]
    await using server = TestServer.start(args)
    const port = await server.port()
    await using client = await connect({ host: '127.0.0.1', port })
    const entries = client.entries()
    await entries.next()
    const other = connect({ host: '127.0.0.1', port })
    await expect(other).rejects.toMatchObject({ code: expect.stringMatching(/CLOSED|RESET/) })
    const metrics = await (await server.admin('/metrics')).text()
    expect(metrics).toMatch(/datastreamer_connections_rejected_total\{reason="MAX_CONNECTIONS"\} [1-9]/)
    expect(metrics).toMatch(/datastreamer_connections\{state="streaming"\} 1/)
    expect(metrics).toMatch(/^datastreamer_max_connections 2$/m)
    for (const code of [1, 2, 3, 4, 5, 9]) {
      expect(metrics).toContain(`datastreamer_commands_refused_total{code="${code}"} 0\n`)
    }
    for (const name of [
      'commits_total',
      'commit_seconds_count',
      'sync_seconds_count',
      'sent_bytes_total',
      'stream_entries',
    ]) {
      expect(metrics).toMatch(new RegExp(`^datastreamer_${name} [1-9]`, 'm'))
    }
    expect(server.stderr).toContain('127.0.0.1 was rejected: MAX_CONNECTIONS')
    expect(await (await server.admin('/api/status')).json()).toMatchObject({
      clients: { connected: 2, streaming: 1, list: [{ remoteAddress: '127.0.0.1' }, {}] },
      demo: { nextBlock: expect.stringMatching(/^[1-9]/) },
    })
  })
})

import { closeSync, copyFileSync, openSync, readSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { connect } from '@datastreamer/client'
import { runSource, SourceProcess, tempDir } from '@datastreamer/fixtures'
import { openStore } from '@datastreamer/store'
import { expect, test } from 'vitest'
import { expectEqualFiles } from './support/equal-files.ts'
import { until } from './support/relay.ts'

const APPS = resolve(import.meta.dirname, '../..')
const FAST = ['--scrub', '64MiB/s', '--port', '0', '--admin-port', '0']
/** Bound of all that is waited for. */
const TIMEOUT_MS = 60_000
/** In the data of entry 5, on the third page. */
const ROTTEN = 4096 + 2 * 1_048_576 + 700_000

/** A process that serves a stream. */
class Served extends SourceProcess {
  constructor(app: 'server' | 'relay', ...flags: readonly string[]) {
    super(`${APPS}/${app}/src/main.ts`, [...FAST, ...flags])
  }

  async address(of: 'stream' | 'admin'): Promise<string> {
    const [, address = ''] = new RegExp(`\\b${of}=(\\S+)`).exec(await this.firstLine()) ?? []
    return address.replace('0.0.0.0', '127.0.0.1')
  }

  async text(path: string): Promise<string> {
    return (await fetch(`http://${await this.address('admin')}${path}`)).text()
  }

  async shows(path: string, text: string): Promise<void> {
    await until(`${path} shows ${text}`, async () => (await this.text(path)).includes(text), TIMEOUT_MS)
  }

  async client(): Promise<Awaited<ReturnType<typeof connect>>> {
    const port = Number((await this.address('stream')).split(':').at(-1))
    return connect({ host: '127.0.0.1', port, backoff: { maxAttempts: 1 } })
  }

  /** Numbers of the entries that a reader gets before its connection ends. */
  async read(): Promise<bigint[]> {
    await using client = await this.client()
    const numbers: bigint[] = []
    try {
      for await (const { number } of client.entries({ from: 0n, follow: false })) numbers.push(number)
    } catch {}
    return numbers
  }
}

/** A file of six pages with two entries each, of one operation. */
async function makeFile(file: string): Promise<void> {
  await using store = await openStore({ file, fsync: 'never' })
  for (let i = 0; i < 12; i += 2) {
    store.startAtomicOp()
    for (const byte of [i, i + 1]) store.addStreamEntry(2, new Uint8Array(500_000).fill(byte))
    await store.commitAtomicOp()
  }
}

function flipBit(file: string, position: number): void {
  const disk = openSync(file, 'r+')
  const byte = new Uint8Array(1)
  readSync(disk, byte, 0, 1, position)
  writeSync(disk, Uint8Array.of((byte[0] ?? 0) ^ 1), 0, 1, position)
  closeSync(disk)
}

/** Let record `index` of a commit log be one that cannot be read. docs/spec/commit-log.md §3 */
function spoilRecord(commitLog: string, index: number): void {
  const disk = openSync(commitLog, 'r+')
  writeSync(disk, new Uint8Array(24).fill(0xee), 0, 24, 4096 + index * 24)
  closeSync(disk)
}

test('a checksum that cannot be read is said, costs no entry, and is made again', async () => {
  using dir = tempDir()
  const file = dir.join('s.bin')
  await makeFile(file)
  spoilRecord(dir.join('s.commits'), 2)
  {
    await using server = new Served('server', '--file', file)
    await server.shows('/readyz', 'not ready: not covered by a readable checksum: entries 2 to 3')
    expect(await server.text('/metrics')).toMatch(/^datastreamer_uncovered_bytes [1-9]\d{6}$/m)
    expect(await server.text('/metrics')).toContain('datastreamer_damaged_bytes 0\n')
    expect(await server.read()).toHaveLength(12)
    expect((await server.end('SIGTERM')).stderr).toContain('cannot be compared: the commit log is damaged there')
  }
  const recover = ['recover', file, '--take-over', '--yes']
  expect((await runSource(`${APPS}/cli/src/main.ts`, recover)).status).toBe(0)
  await using server = new Served('server', '--file', file)
  await server.shows('/metrics', 'datastreamer_scrub_passes_total 1\n')
  expect(await server.text('/metrics')).toContain('datastreamer_uncovered_bytes 0\n')
  expect(await server.text('/readyz')).toBe('ready\n')
  await server.end('SIGTERM')
})

test('a flipped bit is found, said, sent to nobody, and replaced from elsewhere', async () => {
  using dir = tempDir()
  const file = dir.join('s.bin')
  await makeFile(file)
  copyFileSync(file, dir.join('copy.bin'))
  flipBit(file, ROTTEN)
  {
    await using server = new Served('server', '--file', file)
    await server.shows('/readyz', 'not ready: damaged: entries 4 to 5')
    await server.shows('/metrics', 'datastreamer_damaged_ranges 1\n')
    expect(await server.read()).toEqual([0n, 1n, 2n, 3n])
    {
      await using client = await server.client()
      await expect(client.getEntry(5n)).rejects.toThrow()
    }
    {
      await using client = await server.client()
      expect((await client.getEntry(6n))?.data[0]).toBe(6)
    }
    await using relay = new Served('relay', '--server', await server.address('stream'), '--file', dir.join('relay.bin'))
    await relay.shows('/metrics', 'datastreamer_stream_entries 4\n')
    expect(await relay.read()).toEqual([0n, 1n, 2n, 3n])
    await relay.shows('/metrics', 'datastreamer_relay_behind_entries 8\n')
    await relay.end('SIGTERM')
    expect((await server.end('SIGTERM')).stderr).toContain('are not sent to anyone')
  }
  const recover = ['recover', file, '--from', dir.join('copy.bin'), '--yes']
  expect((await runSource(`${APPS}/cli/src/main.ts`, recover)).status).toBe(0)
  await using server = new Served('server', '--file', file)
  await using relay = new Served('relay', '--server', await server.address('stream'), '--file', dir.join('relay.bin'))
  await relay.shows('/readyz', 'ready')
  await relay.shows('/metrics', 'datastreamer_stream_entries 12\n')
  await server.shows('/metrics', 'datastreamer_scrub_passes_total 1\n')
  expect(await server.text('/readyz')).toBe('ready\n')
  expect(await server.text('/metrics')).toContain('datastreamer_damaged_bytes 0\n')
  expect(await relay.read()).toHaveLength(12)
  await relay.end('SIGTERM')
  await server.end('SIGTERM')
  expectEqualFiles(file, dir.join('relay.bin'))
})

import { writeFileSync } from 'node:fs'
import { openHistory } from '@datastreamer/archive/node'
import { tempDir } from '@datastreamer/fixtures'
import { formatSignerKey, formatVerifierKey, signerKey } from '@datastreamer/format/signing'
import { generateStream } from '@datastreamer/sequencer-entries'
import { openReader, openStore } from '@datastreamer/store'
import { describe, expect, test } from 'vitest'
import { TestServer } from './server.ts'

const key = await signerKey('example.org/history', new Uint8Array(32).fill(3))
const publicKey = formatVerifierKey(key)
/** Six blocks an hour, so that a segment ends after at least so many. */
const BLOCKS = { seed: 9n, blockSeconds: 600 } as const

async function writeBlocks(file: string, firstBlock: bigint, blocks: bigint): Promise<void> {
  await using store = await openStore(file, { systemId: 1101n })
  for (const entries of generateStream({ ...BLOCKS, firstBlock, blocks })) {
    await store.atomic((operation) => {
      for (const { type, data } of entries) operation.addEntry(type, data)
    })
  }
}

async function metric(server: TestServer, name: string): Promise<number | undefined> {
  const text = await (await server.admin('/metrics')).text()
  const [, value] = new RegExp(`^${name} (.+)$`, 'm').exec(text) ?? []
  return value === undefined ? undefined : Number(value)
}

describe('--history-publish', () => {
  test('publishes the stream beside serving it, goes on at the next start, and shows how far it is', async () => {
    using dir = tempDir()
    const [file, folder, keyFile] = [dir.join('s.bin'), dir.join('history'), dir.join('key')]
    writeFileSync(keyFile, formatSignerKey(key))
    const args = ['--file', file, '--admin-port', '0', '--history-publish', folder, '--history-key', keyFile]
    let published = 0
    for (const firstBlock of [0n, 60n]) {
      await writeBlocks(file, firstBlock, 60n)
      await using server = TestServer.start([...args, '--history-lag', '10b'])
      await expect
        .poll(() => metric(server, 'datastreamer_published_block'), { timeout: 30_000 })
        .toBeGreaterThan(Number(firstBlock) + 30)
      const entries = (await metric(server, 'datastreamer_published_entries')) ?? 0
      expect(entries).toBeGreaterThan(published)
      published = entries
      expect(await metric(server, 'datastreamer_publish_stopped')).toBe(0)
      const json: unknown = await (await server.admin('/api/status')).json()
      const { history } = json as { readonly history: { readonly entries: string } }
      expect(history).toMatchObject({ to: folder, isStopped: false, problem: null })
      // Publishing goes on meanwhile.
      expect(Number(history.entries)).toBeGreaterThanOrEqual(Number(published))
      const { status, stderr } = await server.end('SIGTERM')
      expect(status).toBe(0)
      const [, ended] =
        stderr
          .match(/ has (\d+) entries/g)
          ?.at(-1)
          ?.match(/(\d+)/) ?? []
      expect(stderr).toContain(`${folder} has ${ended} entries`)
      expect(Number(ended)).toBeGreaterThanOrEqual(published)
      published = Number(ended)
    }
    await using history = await openHistory(folder, { publicKey })
    await using reader = await openReader(file)
    expect(history.getHeader().totalEntries).toBeGreaterThanOrEqual(published)
    for await (const entry of history.entries()) expect(entry).toEqual(await reader.getEntry(entry.number))
    expect((await history.block(80n))?.number).toBe(80n)
  })

  test('stops, and serves on, where another log is', async () => {
    using dir = tempDir()
    const [file, folder] = [dir.join('s.bin'), dir.join('history')]
    await writeBlocks(file, 0n, 40n)
    for (const name of ['one', 'two']) {
      const other = await signerKey(`example.org/${name}`, new Uint8Array(32).fill(4))
      writeFileSync(dir.join(name), formatSignerKey(other))
      const options = [
        '--history-publish',
        folder,
        '--history-key',
        dir.join(name),
        '--history-state',
        dir.join(`s${name}`),
      ]
      await using server = TestServer.start(['--file', file, '--admin-port', '0', ...options])
      if (name === 'one') {
        await expect
          .poll(() => metric(server, 'datastreamer_published_entries'), { timeout: 30_000 })
          .toBeGreaterThan(0)
        continue
      }
      await expect.poll(() => metric(server, 'datastreamer_publish_stopped'), { timeout: 30_000 }).toBe(1)
      expect((await server.admin('/readyz')).status).toBe(200)
      expect(server.stderr).toContain(`nothing more is published to ${folder}: the history has no checkpoint of`)
    }
  })

  test.each([
    [['--history-publish', 'x'], '--history-publish needs --history-key'],
    [['--history-key', 'x'], '--history-key needs --history-publish'],
    [['--history-state', 'x'], '--history-state needs --history-publish'],
    [['--history-publish', 'x', '--history-key', 'none'], '--history-key: no such file none'],
    [['--history-publish', 'http://x', '--history-key', 'KEY'], '--history-publish: http://x'],
    [['--history-publish', 'x', '--history-key', 'KEY', '--history-lag', '1m'], '--history-lag: "1m" is not'],
  ])('is configured wrongly: %j', async (args, message) => {
    using dir = tempDir()
    writeFileSync(dir.join('key'), formatSignerKey(key))
    const given = args.map((each) => (each === 'KEY' ? dir.join('key') : each))
    await using server = TestServer.start(['--file', dir.join('s.bin'), ...given])
    expect(await server.ended).toMatchObject({ status: 2, stderr: expect.stringContaining(message) })
  })
})

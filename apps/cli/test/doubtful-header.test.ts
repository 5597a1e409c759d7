import { closeSync, openSync, writeSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { SourceProcess, tempDir } from '@datastreamer/fixtures'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { datastreamer, jsonOf, linesOf, SERVER } from './cli.ts'
import { headerOf } from './stream-files.ts'

const folder = tempDir()
afterAll(() => folder[Symbol.dispose]())

/** Where the header has the version: after the magic, the packet type and the header's length. */
const VERSION_POSITION = 21

const honest = folder.join('honest.bin')
const file = folder.join('stream.bin')
let server: SourceProcess

/** Blocks encoded as protobuf, after a header that says version 1, as the Go relay writes it. */
async function makeFile(path: string): Promise<void> {
  await linesOf('generate', path, '--blocks', '30', '--seed', '3')
  const handle = openSync(path, 'r+')
  writeSync(handle, Uint8Array.of(1), 0, 1, VERSION_POSITION)
  closeSync(handle)
  expect(headerOf(path).version).toBe(1)
}

beforeAll(async () => {
  await linesOf('generate', honest, '--blocks', '30', '--seed', '3')
  await makeFile(file)
  server = new SourceProcess(SERVER, ['--read-only', '--port', '0', '--file', file], { timeoutMs: 600_000 })
})

afterAll(async () => {
  await server?.end()
})

test('entries are read as their bookmarks show, of a file and of a server', async () => {
  const address = (await server.firstLine()).replace('ready stream=', '')
  for (const src of [file, address]) {
    for (const command of [
      ['tail', 'SRC', '--blocks', '--json', '--no-follow'],
      ['tail', 'SRC', '--from', 'block:20', '--no-follow'],
      ['sanity', 'SRC'],
      ['bookmark', 'SRC', '--batch', '2'],
      ['entry', 'SRC', '1'],
      ['dump-batch', 'SRC', '2'],
    ]) {
      const lines = (name: string): Promise<string[]> => linesOf(...command.map((arg) => (arg === 'SRC' ? name : arg)))
      expect(await lines(src), command.join(' ')).toEqual(await lines(honest))
    }
    expect(await jsonOf('info', src)).toEqual([expect.objectContaining({ version: 1, encoding: 'protobuf' })])
  }
  expect(await datastreamer('tail', file, '--blocks', '--no-follow', '--generation', 'etrog')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('--generation'),
  })
})

test('a damaged file is truncated to the end of a block', async () => {
  const damaged = folder.join('damaged.bin')
  await makeFile(damaged)
  // Without it, only the kinds of entries show where operations end.
  await rm(folder.join('damaged.commits'))
  const entries = await jsonOf('tail', damaged, '--no-follow')
  const isBlockEnd = ({ type }: Record<string, unknown>): boolean => type === 6
  const end = entries.findLastIndex(isBlockEnd)
  const before = entries.findLastIndex((entry, i) => i < end && isBlockEnd(entry))
  const position = 4096 + entries.slice(0, end).reduce((sum, { length }) => sum + Number(length), 0)
  const handle = openSync(damaged, 'r+')
  writeSync(handle, Uint8Array.of(9), 0, 1, position)
  closeSync(handle)
  expect((await datastreamer('recover', damaged, '--cut', '--yes')).status).toBe(3)
  expect(headerOf(damaged).totalEntries).toBe(BigInt(before + 1))
})

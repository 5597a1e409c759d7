import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { connect } from '@datastreamer/client'
import { BindMount, canBindMount, runSource, tempDir } from '@datastreamer/fixtures'
import { BOOKMARK_TYPE } from '@datastreamer/format'
import { generateStream } from '@datastreamer/sequencer-entries'
import { openStore } from '@datastreamer/store'
import { describe, expect, test } from 'vitest'
import { TestServer } from './server.ts'

const CLI = resolve(import.meta.dirname, '../../cli/src/main.ts')
const BLOCKS = 5n
const mounts = canBindMount()

/** A stream of some blocks, with index and commit log. */
async function makeStream(file: string): Promise<void> {
  await using store = await openStore({ file, systemId: 1101n })
  for (const operation of generateStream({ blocks: BLOCKS })) {
    store.startAtomicOp()
    for (const { type, data } of operation) {
      if (type === BOOKMARK_TYPE) store.addStreamBookmark(data)
      else store.addStreamEntry(type, data)
    }
    await store.commitAtomicOp()
  }
}

/** All that is in a folder: names, times of change, contents. */
function snapshot(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .sort()
    .map((name) => {
      const { mtimeNs, ctimeNs, ino, size, mode } = lstatSync(resolve(folder, name), { bigint: true })
      const isFolder = lstatSync(resolve(folder, name)).isDirectory()
      const content = isFolder
        ? ''
        : createHash('sha256')
            .update(readFileSync(resolve(folder, name)))
            .digest('hex')
      return [name, mtimeNs, ctimeNs, ino, size, mode, content].join(' ')
    })
}

const COMMANDS: readonly (readonly string[])[] = [
  ['bookmark', 'FILE', '--block', '2'],
  ['info', 'FILE'],
  ['entry', 'FILE', '3'],
  ['tail', 'FILE', '--from', 'block:1', '--no-follow'],
  ['verify', 'FILE'],
  ['sanity', 'FILE'],
]

describe.each([
  { where: 'a folder that is as it was, byte for byte and second for second', readOnly: false },
  { where: 'a disk that is mounted read-only', readOnly: true },
])('in $where', ({ readOnly }) => {
  const skip = readOnly && !mounts

  test.skipIf(skip).each(['--read-only', '--follow'])('a server with %s answers all, bookmarks too', async (flag) => {
    using dir = tempDir()
    mkdirSync(dir.join('data'))
    await makeStream(dir.join('data', 'stream.bin'))
    using _mount = readOnly ? new BindMount(dir.join('data'), dir.join('data'), ['ro']) : undefined
    const before = snapshot(dir.path)
    {
      await using server = TestServer.start([flag, '--file', dir.join('data', 'stream.bin')])
      await using client = await connect({ host: '127.0.0.1', port: await server.port() })
      const [bookmark] = [...generateStream({ blocks: 1n })].flat().filter(({ type }) => type === BOOKMARK_TYPE)
      expect(await client.getFirstEventAfterBookmark(bookmark?.data ?? new Uint8Array())).toBeDefined()
      expect((await server.end()).status).toBe(0)
    }
    expect(snapshot(dir.path)).toEqual(before)
  })

  test.skipIf(skip).each(COMMANDS.slice(0, readOnly ? 1 : undefined))('datastreamer %s', async (...args) => {
    using dir = tempDir()
    mkdirSync(dir.join('data'))
    await makeStream(dir.join('data', 'stream.bin'))
    using _mount = readOnly ? new BindMount(dir.join('data'), dir.join('data'), ['ro']) : undefined
    const before = snapshot(dir.path)
    const given = args.map((arg) => (arg === 'FILE' ? dir.join('data', 'stream.bin') : arg))
    const { status, stderr } = await runSource(CLI, given)
    expect([status, stderr]).toEqual([0, expect.any(String)])
    expect(snapshot(dir.path)).toEqual(before)
  })
})

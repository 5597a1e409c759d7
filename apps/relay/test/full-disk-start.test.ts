import { resolve } from 'node:path'
import { connect } from '@datastreamer/client'
import { canMountDisks, SourceProcess, TempDisk, tempDir } from '@datastreamer/fixtures'
import { BOOKMARK_TYPE } from '@datastreamer/format'
import { describe, expect, test } from 'vitest'
import { expectEqualFiles } from './support/equal-files.ts'
import { Source } from './support/source.ts'

const MAIN = resolve(import.meta.dirname, '../src/main.ts')
const WAIT = { timeout: 60_000 }

describe.skipIf(!canMountDisks())('a relay that is started on a disk without a byte of room', () => {
  test('serves what it has, waits, and goes on by itself when there is room', async () => {
    using dir = tempDir()
    using disk = new TempDisk(8)
    await using source = await Source.start({ file: dir.join('source.bin') })
    const add = (n: number): Promise<unknown> =>
      source.commit([
        { type: BOOKMARK_TYPE, data: Uint8Array.of(n) },
        { type: 5, data: Uint8Array.of(n) },
      ])
    for (let n = 0; n < 10; n++) await add(n)
    const file = disk.join('relay.bin')
    const flags = [
      '--server',
      source.address,
      '--file',
      file,
      '--host',
      '127.0.0.1',
      '--port',
      '0',
      '--admin-port',
      '0',
    ]
    const start = async () => {
      const relay = new SourceProcess(MAIN, [...flags, '--retry-max', '300ms'])
      const line = await relay.firstLine()
      const admin = `http://${line.slice(line.indexOf('admin=') + 6)}`
      const port = Number(/stream=127\.0\.0\.1:(\d+)/.exec(line)?.[1])
      return { relay, port, text: async (path: string) => (await fetch(admin + path)).text() }
    }
    {
      const { relay, text } = await start()
      await using _ended = relay
      await expect.poll(() => text('/metrics'), WAIT).toMatch(/^datastreamer_stream_entries 20$/m)
      expect((await relay.end()).status).toBe(0)
    }
    for (let n = 10; n < 20; n++) await add(n)
    disk.fill()
    const { relay, port, text } = await start()
    await using _ended = relay
    await using client = await connect({ host: '127.0.0.1', port })
    for (let n = 0; n < 10; n++)
      expect((await client.getFirstEventAfterBookmark(Uint8Array.of(n)))?.data).toEqual(Uint8Array.of(n))
    expect(await client.getFirstEventAfterBookmark(Uint8Array.of(10))).toBeUndefined()
    expect((await client.getHeader()).totalEntries).toBe(20n)
    expect(await text('/readyz')).toMatch(/^not ready: nothing can be written until .* no space left on device/i)
    await expect.poll(() => text('/metrics'), WAIT).toMatch(/^datastreamer_relay_behind_entries 20$/m)
    expect(await text('/metrics')).toMatch(/^datastreamer_store_writable 0$/m)

    disk.resize(64)
    await expect.poll(() => text('/readyz'), WAIT).toBe('ready\n')
    await expect.poll(async () => (await client.getHeader()).totalEntries, WAIT).toBe(40n)
    for (let n = 0; n < 20; n++)
      expect((await client.getFirstEventAfterBookmark(Uint8Array.of(n)))?.data).toEqual(Uint8Array.of(n))
    const { status, stderr } = await relay.end()
    expect(status).toBe(0)
    expect(stderr).not.toContain('FATAL')
    expectEqualFiles(dir.join('source.bin'), file)
  })
})

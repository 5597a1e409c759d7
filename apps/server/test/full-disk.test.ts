import { connect } from '@datastreamer/client'
import { connectSource, type SourceClient } from '@datastreamer/client/source'
import { canMountDisks, TempDisk } from '@datastreamer/fixtures'
import { openStore } from '@datastreamer/store'
import { describe, expect, test } from 'vitest'
import { TestServer } from './server.ts'

const WAIT = { timeout: 60_000 }
const BOOKMARKS = 20

/** A disk that is full, with a stream on it. */
async function fullDisk(): Promise<TempDisk & { readonly file: string }> {
  const disk = new TempDisk(8)
  const file = disk.join('stream.bin')
  await makeStream(file)
  disk.fill()
  return Object.assign(disk, { file })
}

async function makeStream(file: string): Promise<void> {
  await using store = await openStore({ file })
  for (let n = 0; n < BOOKMARKS; n++) {
    store.startAtomicOp()
    store.addStreamBookmark(Uint8Array.of(n))
    store.addStreamEntry(1, Uint8Array.of(n))
    await store.commitAtomicOp()
  }
}

/** A server must give out all entries and find all bookmarks. */
async function mustServe(server: TestServer): Promise<void> {
  await using client = await connect({ host: '127.0.0.1', port: await server.port() })
  expect((await client.getHeader()).totalEntries).toBe(BigInt(2 * BOOKMARKS))
  for (let n = 0; n < BOOKMARKS; n++) {
    expect((await client.getEntry(BigInt(2 * n + 1)))?.data).toEqual(Uint8Array.of(n))
    expect((await client.getFirstEventAfterBookmark(Uint8Array.of(n)))?.number).toBe(BigInt(2 * n + 1))
  }
  expect(await client.getFirstEventAfterBookmark(Uint8Array.of(BOOKMARKS))).toBeUndefined()
}

describe.skipIf(!canMountDisks())('a server that is started on a disk without a byte of room', () => {
  test('serves, refuses commits and says why, and takes them by itself when there is room', async () => {
    using disk = await fullDisk()
    const { file } = disk
    const flags = ['--file', file, '--source-port', '0', '--admin-port', '0']
    await using server = TestServer.start(flags)
    await mustServe(server)
    const text = async (path: string): Promise<string> => (await server.admin(path)).text()
    expect(await text('/readyz')).toMatch(/^not ready: nothing can be written until .* No space left on device/i)
    expect(await text('/metrics')).toMatch(/^datastreamer_store_writable 0$/m)
    expect(await text('/metrics')).toMatch(/^datastreamer_errors_total\{code="STORE_BROKEN"\} 1$/m)
    const writeTo = async (): Promise<SourceClient> =>
      connectSource({ host: '127.0.0.1', port: await server.port('source') })
    await expect(writeTo()).rejects.toMatchObject({
      code: 'STORE_BROKEN',
      retryable: true,
      message: expect.stringMatching(/no space left on device/i),
    })

    disk.resize(64)
    await expect.poll(() => text('/readyz'), WAIT).toBe('ready\n')
    expect(await text('/metrics')).toMatch(/^datastreamer_store_writable 1$/m)
    await using source = await writeTo()
    source.startAtomicOp()
    source.addStreamBookmark(Uint8Array.of(200))
    source.addStreamEntry(1, Uint8Array.of(200))
    await source.commitAtomicOp()
    await using client = await connect({ host: '127.0.0.1', port: await server.port() })
    expect((await client.getFirstEventAfterBookmark(Uint8Array.of(200)))?.data).toEqual(Uint8Array.of(200))
    const { status, stderr } = await server.end()
    expect(status).toBe(0)
    expect(stderr).not.toContain('FATAL')
    await using store = await openStore({ file })
    for (let n = 0; n < BOOKMARKS; n++) expect(await store.getBookmark(Uint8Array.of(n))).toBe(BigInt(2 * n))
  })

  test('ends in order before there is room', async () => {
    using disk = await fullDisk()
    const { file } = disk
    await using server = TestServer.start(['--file', file])
    await mustServe(server)
    expect((await server.end()).status).toBe(0)
  })

  test.each(['--read-only', '--follow'])('serves with %s as ever', async (flag) => {
    using disk = await fullDisk()
    const { file } = disk
    await using server = TestServer.start([flag, '--file', file, '--admin-port', '0'])
    await mustServe(server)
    expect(await (await server.admin('/readyz')).text()).toBe('ready\n')
    expect((await server.end()).status).toBe(0)
  })
})

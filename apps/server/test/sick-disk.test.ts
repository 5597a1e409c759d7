import { connectSource, type SourceClient } from '@datastreamer/client/source'
import { canWatchSyncs, tempDir, WatchedSyncs } from '@datastreamer/fixtures'
import { openStore } from '@datastreamer/store'
import { describe, expect, test } from 'vitest'
import { TestServer } from './server.ts'

/** Far below the time for which a process that waits for its disk would go on. */
const SOON_MS = 50_000

async function commit(source: SourceClient, byte: number): Promise<unknown> {
  source.startAtomicOp()
  source.addStreamEntry(1, Uint8Array.of(byte))
  return source.commitAtomicOp()
}

async function entriesOf(file: string): Promise<number[]> {
  await using store = await openStore({ file })
  const numbers = Array.from({ length: Number(store.getHeader().totalEntries) }, (_, number) => BigInt(number))
  return Promise.all(numbers.map(async (number) => (await store.getEntry(number))?.data[0] ?? -1))
}

describe.runIf(canWatchSyncs())('a server whose disk', () => {
  test.each(['SIGTERM', 'twice'])('takes its time with a sync ends on time all the same: %s', async (how) => {
    using dir = tempDir()
    using syncs = new WatchedSyncs('stream.')
    const file = dir.join('stream.bin')
    const timeout = how === 'twice' ? '100s' : '500ms'
    const flags = ['--file', file, '--source-port', '0', '--shutdown-timeout', timeout]
    await using server = TestServer.start(flags, { env: syncs.env })
    await using source = await connectSource({ host: '127.0.0.1', port: await server.port('source') })
    await commit(source, 1)
    syncs.let('wait')
    const before = syncs.calls.length
    const unanswered = commit(source, 2).then(
      () => 'answered',
      () => 'not answered',
    )
    await expect.poll(() => syncs.calls.length, { timeout: SOON_MS }).toBeGreaterThan(before)
    const since = performance.now()
    if (how === 'twice') {
      server.child.kill('SIGTERM')
      await expect.poll(() => server.stderr, { timeout: SOON_MS }).toContain('SIGTERM: ending')
    }
    const { status, stderr } = await server.end()
    expect(performance.now() - since).toBeLessThan(SOON_MS)
    expect(status).toBe(1)
    expect(stderr).toMatch(how === 'twice' ? /SIGTERM again/ : /not ended within 500 ms/)
    await source.close({ graceMs: 0 })
    expect(await unanswered).toBe('not answered')
    expect((await entriesOf(file))[0]).toBe(1)
  })

  test('fails says so in readiness and metrics, and takes commits again when it is well, without a restart', async () => {
    using dir = tempDir()
    using syncs = new WatchedSyncs('stream.')
    const flags = ['--file', dir.join('stream.bin'), '--source-port', '0', '--admin-port', '0']
    await using server = TestServer.start(flags, { env: syncs.env })
    await using source = await connectSource({ host: '127.0.0.1', port: await server.port('source') })
    await commit(source, 1)
    const text = async (path: string): Promise<string> => (await server.admin(path)).text()
    expect(await text('/readyz')).toBe('ready\n')
    syncs.let('fail')
    await expect(commit(source, 2)).rejects.toThrow()
    await expect.poll(() => text('/readyz'), { timeout: SOON_MS }).toMatch(/not ready: nothing can be written until/)
    const metrics = await text('/metrics')
    expect(metrics).toMatch(/^datastreamer_store_writable 0$/m)
    expect(metrics).toMatch(/^datastreamer_errors_total\{code="STORE_BROKEN"\} 1$/m)

    syncs.let('work')
    await expect.poll(() => text('/readyz'), { timeout: SOON_MS }).toBe('ready\n')
    expect(await text('/metrics')).toMatch(/^datastreamer_store_writable 1$/m)
    await source.writable()
    await expect.poll(() => commit(source, 3).then(() => 'committed', String), { timeout: SOON_MS }).toBe('committed')
    const { status, stderr } = await server.end()
    expect(status).toBe(0)
    for (const event of ['commits are rejected', 'opened anew at try']) expect(stderr).toContain(event)
    expect((await entriesOf(dir.join('stream.bin'))).filter((byte) => byte !== 2)).toEqual([1, 3])
  })
})

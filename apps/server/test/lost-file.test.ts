import { renameSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectSource } from '@datastreamer/client/source'
import { tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { TestServer } from './server.ts'

/** Wait until a server says that it is ready, or why not. */
async function untilReady(server: TestServer, wanted: RegExp): Promise<void> {
  for (;;) {
    const text = await (await server.admin('/readyz')).text()
    if (wanted.test(text)) return
    await sleep(20)
  }
}

async function blocksWritten(server: TestServer): Promise<bigint> {
  const status = (await (await server.admin('/api/status')).json()) as { readonly demo: { readonly nextBlock: string } }
  return BigInt(status.demo.nextBlock)
}

describe('a server whose file is moved away', () => {
  test('commits nothing from a source, is not ready, says it, and goes on when the file is back', async () => {
    using dir = tempDir()
    const file = dir.join('s.bin')
    await using server = TestServer.start(['--file', file, '--source-port', '0', '--admin-port', '0'])
    await using source = await connectSource({ host: '127.0.0.1', port: await server.port('source') })
    const commitOne = async (): Promise<void> => {
      source.startAtomicOp()
      source.addStreamEntry(1, Uint8Array.of(1))
      await source.commitAtomicOp()
    }
    await commitOne()
    renameSync(file, dir.join('away'))
    await untilReady(server, /s\.bin was removed or replaced/)
    await expect(commitOne()).rejects.toMatchObject({ code: 'WRITE_FAILED' })
    expect(server.stderr).toContain('s.bin was removed or replaced while it is open')
    expect(await (await server.admin('/metrics')).text()).toMatch(/errors_total\{code="FILE_REPLACED"\} [1-9]/)
    renameSync(dir.join('away'), file)
    await untilReady(server, /^ready/)
    await commitOne()
    expect((await source.getHeader()).totalEntries).toBe(2n)
  })

  test('a demo waits, and goes on', async () => {
    using dir = tempDir()
    const file = dir.join('s.bin')
    await using server = TestServer.start(['--file', file, '--demo', '--demo-block-time', '20ms', '--admin-port', '0'])
    await server.firstLine()
    renameSync(file, dir.join('away'))
    await untilReady(server, /s\.bin was removed or replaced/)
    const before = await blocksWritten(server)
    renameSync(dir.join('away'), file)
    await untilReady(server, /^ready/)
    while ((await blocksWritten(server)) <= before) await sleep(20)
  })
})

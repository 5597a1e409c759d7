import { existsSync, writeFileSync } from 'node:fs'
import { connect } from '@datastreamer/client'
import { connectSource, type SourceClient } from '@datastreamer/client/source'
import { documentedMetrics, metricsIn, runSource, tempDir } from '@datastreamer/fixtures'
import { BOOKMARK_TYPE } from '@datastreamer/format'
import { formatSignerKey, generateSignerKey } from '@datastreamer/format/signing'
import { generateStream } from '@datastreamer/sequencer-entries'
import { describe, expect, test } from 'vitest'
import { MAIN, TestServer } from './server.ts'

async function write(source: SourceClient, firstBlock: bigint, blocks: bigint): Promise<void> {
  const commits: Promise<unknown>[] = []
  for (const operation of generateStream({ firstBlock, blocks })) {
    source.startAtomicOp()
    for (const { type, data } of operation) {
      if (type === BOOKMARK_TYPE) source.addStreamBookmark(data)
      else source.addStreamEntry(type, data)
    }
    commits.push(source.commitAtomicOp())
  }
  await Promise.all(commits)
}

describe('the listener for sources', () => {
  test('lets who has the token write; what is written is streamed, counted and logged', async () => {
    using dir = tempDir()
    const args = ['--file', dir.join('s.bin'), '--source-port', '0', '--admin-port', '0']
    const key = dir.join('key')
    writeFileSync(key, formatSignerKey(await generateSignerKey('stream.example')))
    await using server = TestServer.start([...args, '--sign-key', key], {
      env: { DATASTREAMER_SOURCE_TOKEN: 'secret' },
    })
    const to = { host: '127.0.0.1', port: await server.port('source') }
    await expect(connectSource({ ...to, token: 'wrong' })).rejects.toMatchObject({ name: 'SourceRejectedError' })
    await using source = await connectSource({ ...to, token: 'secret', sourceId: 'sequencer' })
    await write(source, 0n, 10n)
    await using client = await connect({ host: '127.0.0.1', port: await server.port() })
    const { totalEntries } = await client.getHeader()
    expect(totalEntries).toBe((await source.getHeader()).totalEntries)
    let entries = 0n
    for await (const batch of client.batches({ follow: false })) entries += BigInt(batch.length)
    expect(entries).toBe(totalEntries)
    const metrics = await (await server.admin('/metrics')).text()
    expect(metrics).toMatch(/^datastreamer_source_writing 1$/m)
    expect(metrics).toMatch(/^datastreamer_source_commits_total 10$/m)
    expect(new Set(metricsIn(metrics))).toEqual(new Set(documentedMetrics('server')))
    expect(await (await server.admin('/api/status')).json()).toMatchObject({
      source: { list: [{ sourceId: 'sequencer', state: 'writing' }] },
    })
    expect(server.stderr).toContain('source sequencer writes from entry 0 on')
  })

  test('loses nothing that was committed to SIGKILL', async () => {
    using dir = tempDir()
    const args = ['--file', dir.join('s.bin'), '--source-port', '0']
    await using killed = TestServer.start(args)
    const source = await connectSource({ host: '127.0.0.1', port: await killed.port('source') })
    await write(source, 0n, 20n)
    const { totalEntries } = await source.getHeader()
    await killed.end('SIGKILL')
    await source.close({ graceMs: 0 }).catch(() => {})
    await using again = TestServer.start(args)
    await using client = await connect({ host: '127.0.0.1', port: await again.port() })
    expect((await client.getHeader()).totalEntries).toBe(totalEntries)
  })

  test('is refused where everybody could write', async () => {
    using dir = tempDir()
    const args = ['--file', dir.join('s.bin'), '--port', '0', '--source-port', '0', '--source-host', '0.0.0.0']
    const { status, stderr } = await runSource(MAIN, args)
    expect([status, stderr]).toEqual([2, expect.stringContaining('must be asked for a token or a client certificate')])
    expect(existsSync(dir.join('s.bin'))).toBe(false)
  })
})

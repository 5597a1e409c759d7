import { resolve } from 'node:path'
import { canWatchSyncs, SourceProcess, tempDir, WatchedSyncs } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { expectEqualFiles } from './support/equal-files.ts'
import { until } from './support/relay.ts'
import { Source } from './support/source.ts'

const MAIN = resolve(import.meta.dirname, '../src/main.ts')
/** Bound of all that is waited for. */
const TIMEOUT_MS = 60_000

describe.runIf(canWatchSyncs())('a relay whose disk fails', () => {
  test('says so at each step, and follows again by itself when the disk is well', async () => {
    using dir = tempDir()
    await using source = await Source.start({ file: dir.join('source.bin') })
    await source.commitMany(4, 3)
    using syncs = new WatchedSyncs('relay.')
    const file = dir.join('relay.bin')
    const flags = ['--server', source.address, '--file', file, '--port', '0', '--admin-port', '0']
    await using relay = new SourceProcess(MAIN, flags, { env: syncs.env })
    const [, admin = ''] = /admin=(\S+)/.exec(await relay.firstLine()) ?? []
    const text = async (path: string): Promise<string> => (await fetch(`http://${admin}${path}`)).text()
    const isReady = async (): Promise<boolean> => (await text('/readyz')) === 'ready\n'
    const shows = (...lines: readonly string[]): Promise<void> => {
      const isSo = async (): Promise<boolean> => {
        const metrics = (await text('/metrics')).split('\n')
        return lines.every((line) => metrics.includes(line))
      }
      return until(lines.join(', '), isSo, TIMEOUT_MS)
    }
    const state = async (): Promise<unknown> => {
      const { relay } = JSON.parse(await text('/api/status')) as { readonly relay: { readonly state: string } }
      return relay.state
    }
    await until('ready', isReady, TIMEOUT_MS)
    await shows(
      'datastreamer_relay_behind_entries 0',
      'datastreamer_store_writable 1',
      'datastreamer_stream_entries 12',
    )

    syncs.let('fail')
    await source.commitMany(1, 3)
    await until('not ready', async () => (await text('/readyz')).includes('nothing can be written until'), TIMEOUT_MS)
    await shows('datastreamer_store_writable 0', 'datastreamer_errors_total{code="STORE_BROKEN"} 1')
    await until('stopped', async () => (await state()) === 'stopped', TIMEOUT_MS)
    // The lag grows while nothing can be written.
    await source.commitMany(11, 3)
    await shows('datastreamer_relay_behind_entries 36', 'datastreamer_stream_entries 12')
    expect(await isReady()).toBe(false)
    expect(relay.stderr).not.toContain('can be written again')

    syncs.let('work')
    await until('ready again', isReady, TIMEOUT_MS)
    await shows(
      'datastreamer_relay_behind_entries 0',
      'datastreamer_store_writable 1',
      'datastreamer_stream_entries 48',
    )
    expect(await state()).toBe('streaming')
    await source.commitMany(2, 3)
    await shows('datastreamer_stream_entries 54')
    const { status, stderr } = await relay.end('SIGTERM')
    expect(status).toBe(0)
    expect(stderr.match(/opened anew at try/g)).toHaveLength(1)
    expectEqualFiles(dir.join('source.bin'), file)
  })
})

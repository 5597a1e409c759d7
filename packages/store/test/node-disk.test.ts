import { canWatchSyncs, runSource, tempDir, WatchedSyncs } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'

const MAIN = new URL('./disk/make-durable.ts', import.meta.url).pathname

test.runIf(canWatchSyncs())(
  'a sync of a file and one of its folder get to the system, and fail where that fails',
  async () => {
    using dir = tempDir()
    using syncs = new WatchedSyncs(dir.path)
    const file = dir.join('stream.bin')
    expect(await runSource(MAIN, [file], { env: syncs.env })).toMatchObject({ status: 0 })
    expect(syncs.calls).toEqual([
      { call: 'fdatasync', path: file },
      { call: 'fsync', path: dir.path },
    ])
    syncs.let('fail')
    const { status, stderr } = await runSource(MAIN, [file], { env: syncs.env })
    expect([status, stderr]).toEqual([1, expect.stringContaining('EIO')])
  },
)

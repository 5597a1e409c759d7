import { tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { killWriters } from './sigkill/kill-writer.ts'

test.each(['commit', 'interval', 'never'] as const)(
  'fsync %s: a busy server that is killed loses nothing that it answered for',
  async (fsync) => {
    using dir = tempDir()
    const committed = await killWriters({ file: dir.join('data-stream.bin'), fsync, seed: 1, kills: 5 })
    expect(committed).toBeGreaterThan(0)
  },
)

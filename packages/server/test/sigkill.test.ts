import { tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { killWriters } from './sigkill/kill-writer.ts'

test.each([
  ['commit', 0],
  ['interval', 1],
  ['never', 2],
] as const)(
  'fsync %s, %i reader threads: a busy server that is killed loses nothing that it answered for',
  async (fsync, readerThreads) => {
    using dir = tempDir()
    const committed = await killWriters({ file: dir.join('data-stream.bin'), fsync, readerThreads, seed: 1, kills: 5 })
    expect(committed).toBeGreaterThan(0)
  },
)

import { tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { openReader, openStore } from '../src/index.ts'
import { MemoryIndex } from '../src/log.ts'
import { CountingDisk } from './counting-disk.ts'

/** An index that cannot be closed, like LevelDB's if its folder was removed. */
class StuckIndex extends MemoryIndex {
  override async close(): Promise<void> {
    throw new Error('the index is stuck')
  }
}

test.each([
  ['reader', openReader],
  ['store', openStore],
])('a %s whose index cannot be closed reports that, and leaves no file open', async (_, open) => {
  using dir = tempDir()
  const file = dir.join('data-stream.bin')
  await (await openStore({ file })).close()
  const counting = new CountingDisk()
  const opened = await open({ file, disk: counting.disk, index: new StuckIndex() })
  expect(counting.filesOpen).toBeGreaterThan(0)
  await expect(opened.close()).rejects.toThrow('the index is stuck')
  expect(counting.filesOpen).toBe(0)
})

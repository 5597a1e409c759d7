import { tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { joinAll } from './support/joins.ts'

test.each([0, 2])(
  'no gap, ever: readers that join anywhere while operations are committed (%i threads)',
  async (readerThreads) => {
    using dir = tempDir()
    const options = { readerThreads, joins: 150, atOnce: 12, operationsPerSecond: 2000 }
    const { entries, headers } = await joinAll({ file: dir.join('data-stream.bin'), ...options })
    expect(entries).toBeGreaterThan(150 * 200)
    expect(headers).toBeGreaterThan(100)
  },
)

import { tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { joinAll } from './support/joins.ts'

const JOINS = Number(process.env.LONG_JOINS ?? 2500)

test.each([0, 2])(
  `${JOINS} joins while 2,000 operations a second are committed (%i threads)`,
  async (readerThreads) => {
    using dir = tempDir()
    const options = { readerThreads, joins: JOINS, atOnce: 16, operationsPerSecond: 2000 }
    const report = await joinAll({ file: dir.join('data-stream.bin'), ...options })
    console.log(JSON.stringify(report))
    expect(report.entries).toBeGreaterThan(JOINS * 200)
  },
)

import { tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { joinAll } from './support/joins.ts'

test('no gap, ever: readers that join anywhere while operations are committed', async () => {
  using dir = tempDir()
  const options = { joins: 150, atOnce: 12, operationsPerSecond: 2000 }
  const { entries, headers } = await joinAll({ file: dir.join('data-stream.bin'), ...options })
  expect(entries).toBeGreaterThan(150 * 200)
  expect(headers).toBeGreaterThan(100)
})

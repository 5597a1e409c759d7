import { resolve } from 'node:path'
import { runReadme, tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'

test('the quick start does what it says', async () => {
  using dir = tempDir()
  const printed = await runReadme(resolve(import.meta.dirname, '../README.md'), {
    edit: (code) => code.replace('data-stream.bin', dir.join('data-stream.bin')),
  })
  expect(printed).toEqual([expect.stringMatching(/^2 entries\n$/)])
})

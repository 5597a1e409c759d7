import { resolve } from 'node:path'
import { runReadme } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'

test('the quick start does what it says', async () => {
  const printed = await runReadme(resolve(import.meta.dirname, '../README.md'))
  expect(printed).toEqual(['61 s\n'])
})

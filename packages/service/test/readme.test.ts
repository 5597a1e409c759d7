import { runReadme } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'

test('the examples of the README run', async () => {
  expect(await runReadme(`${import.meta.dirname}/../README.md`)).toEqual(['{ port: 6900, writeTimeout: 5000 }\n'])
})

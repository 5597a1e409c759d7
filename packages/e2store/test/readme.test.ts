import { resolve } from 'node:path'
import { runReadme } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { goldenBytes } from './support/execution.ts'
import { FileServer } from './support/file-server.ts'

test('the quick start does what it says', async () => {
  await using server = await FileServer.start({ 'mainnet-00000-5ec1ffb8.era1': goldenBytes('era1') })
  const printed = await runReadme(resolve(import.meta.dirname, '../README.md'), {
    edit: (code) => code.replace('https://mainnet.era1.nimbus.team/', server.url),
  })
  expect(printed.slice(0, 2)).toEqual(['mainnet-00000-00000000.era 1 1000000\n', '1n 2\n'])
  expect(server.got.length).toBeGreaterThan(0)
})

import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { runReadme, tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { eraNameOf } from '../src/era.ts'
import { goldenBytes } from './support/execution.ts'
import { FileServer } from './support/file-server.ts'
import { tinyChain } from './support/tiny-chain.ts'
import { open } from './support/tiny-eras.ts'

test('the examples do what they say', async () => {
  using dir = tempDir()
  const { files } = await tinyChain(4)
  for (const [era, bytes] of files.entries()) {
    if (era === 2 || era === 3) continue
    await writeFile(dir.join(await eraNameOf(await open(bytes), 'tiny')), bytes)
  }
  await using server = await FileServer.start({ 'mainnet-00000-5ec1ffb8.era1': goldenBytes('era1') })
  const printed = await runReadme(resolve(import.meta.dirname, '../README.md'), {
    edit: (code) =>
      code
        .replace('https://mainnet.era1.nimbus.team/', server.url)
        .replace("'/srv/era'", JSON.stringify(dir.path))
        .replaceAll("'/srv/log'", JSON.stringify(dir.join('log'))),
  })
  expect(printed.slice(0, 4)).toEqual([
    '1n 2\n',
    'mainnet-00000-00000000.era 1 1000000\n',
    'eras 0 to 1\neras 4 to 4\nMISSING beacon eras 2 to 3 are missing\n',
    '8192 32 undefined\n',
  ])
  expect(server.got.length).toBeGreaterThan(0)
})

import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { runReadme, tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { madeUpChain } from './support/made-up-chain.ts'

test('the example of the library does what it says', async () => {
  using dir = tempDir()
  const { name, bytes } = await madeUpChain({ blocks: 10, start: 8192n })
  writeFileSync(dir.join(name), bytes)
  const edit = (code: string): string => code.replace(`folderLocation('mainnet-era1')`, `folderLocation('${dir.path}')`)
  const [printed] = await runReadme(resolve(import.meta.dirname, '../README.md'), { edit })
  expect(printed).toBe('{"jsonrpc":"2.0","id":1,"result":"0x2009"}\n0x2001\n')
})

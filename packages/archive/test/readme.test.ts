import { resolve } from 'node:path'
import { runReadme, tempDir } from '@datastreamer/fixtures'
import { generateStream } from '@datastreamer/sequencer-entries'
import { openStore } from '@datastreamer/store'
import { expect, test } from 'vitest'

test('the quick start does what it says', async () => {
  using dir = tempDir()
  {
    await using store = await openStore({ file: dir.join('data-stream.bin'), systemId: 1101n })
    for (const operation of generateStream({ blocks: 120n })) {
      await store.atomic((op) => {
        for (const { type, data } of operation) op.addEntry(type, data)
      })
    }
  }
  const printed = await runReadme(resolve(import.meta.dirname, '../README.md'), {
    edit: (code) => code.replaceAll(/'(data-stream.bin|archive|restored.bin)'/g, (_, name) => `'${dir.join(name)}'`),
  })
  const lines = printed[0]?.trimEnd().split('\n')
  expect(lines).toEqual([
    '1101-0000000000-b1935228.e2ds 53',
    '1101-0000000296-71830044.e2ds 53',
    '1101-0000000588-2b339ee1.e2ds 14',
    '9n 674n',
    '{ before: 0n, after: 674n }',
  ])
})

import { resolve } from 'node:path'
import { folderObjects } from '@datastreamer/e2store/node'
import { runReadme, tempDir } from '@datastreamer/fixtures'
import { generateStream } from '@datastreamer/sequencer-entries'
import { openStore } from '@datastreamer/store'
import { expect, test } from 'vitest'
import { mirrorHistory } from '../src/index.ts'
import { historyOfBlocks } from './support/make-history.ts'
import { publicKey } from './support/open-history.ts'

const README = resolve(import.meta.dirname, '../README.md')

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
  const printed = await runReadme(README, {
    only: (code) => code.includes('writeArchive'),
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

test('a history is read as it says', async () => {
  using dir = tempDir()
  const made = await historyOfBlocks(3, 40)
  await mirrorHistory(made.objects, folderObjects(dir.path), { publicKey })
  const printed = await runReadme(README, {
    only: (code) => code.includes('openHistory'),
    edit: (code) => code.replace(/'https:[^']*'/, `'${dir.path}'`).replace(/(publicKey = )'[^']*'/, `$1'${publicKey}'`),
  })
  expect(printed.map((text) => text.trimEnd().split('\n'))).toEqual([
    [`${made.next}n`, expect.stringMatching(/^\d+$/), '100n', '101n', '102n'],
  ])
})

import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { runReadme, tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { concatBytes, encodeEntry, encodeHeaderPage } from '../src/index.ts'

test('the examples do what they say', async () => {
  using dir = tempDir()
  const path = dir.join('data-stream.bin')
  const header = {
    generation: 3,
    version: 2,
    systemId: 779n,
    streamType: 1n,
    totalLength: 4116,
    totalEntries: 1n,
  } as const
  const entry = encodeEntry({ type: 2, number: 0n, data: new Uint8Array(3) })
  writeFileSync(path, concatBytes([encodeHeaderPage(header), entry]))
  const printed = await runReadme(resolve(import.meta.dirname, '../README.md'), {
    edit: (code) => code.replace("'data-stream.bin'", JSON.stringify(path)),
  })
  expect(printed).toEqual(['7n 1 hello\n', '779n 1n\n0n 2 3\n'])
})

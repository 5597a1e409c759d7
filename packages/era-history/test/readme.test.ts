import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { runReadme, tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { madeChain, madeFile } from './support/made-up-chain.ts'

test('the quick start does what it says', async () => {
  using folder = tempDir()
  const blocks = madeChain({ from: 8192n, count: 5 })
  const { name, bytes } = await madeFile(blocks, 'era1')
  await writeFile(folder.join(name), bytes)
  const edit = (code: string): string => code.replace('/data/ethereum', folder.path)
  const [printed = ''] = await runReadme(resolve(import.meta.dirname, '../README.md'), { edit })
  const [block, first] = [blocks[1], blocks[0]]
  expect(printed.split('\n')).toEqual([
    'made: blocks 8192 to 8196',
    `consistent ${block?.envelopes.length} 20 ${block?.receipts[0]?.cumulativeGasUsed}n`,
    ...[first, block]
      .map((made) => ({ number: made?.number, logs: made?.receipts.flatMap(({ logs }) => logs).length }))
      .filter(({ logs }) => logs !== 0)
      .map(({ number, logs }) => `${number}n ${logs}`),
    '',
  ])
})

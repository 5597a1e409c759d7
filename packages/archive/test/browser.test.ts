import { resolve } from 'node:path'
import { bundleForBrowser, runInBareContext } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'

type Library = typeof import('./support/streams.ts')

test('archives are written, read and verified where there is nothing but the language', async () => {
  const probe = async ({ archiveOf, blocks, openMemory }: Library) => {
    const archive = await openMemory(await archiveOf(blocks(50)))
    let entries = 0
    for await (const batch of archive.batches()) entries += batch.length
    return {
      whole: BigInt(entries) === archive.getHeader().totalEntries,
      block: String((await archive.block(42n))?.number),
    }
  }
  const bundle = await bundleForBrowser(resolve(import.meta.dirname, 'support/streams.ts'))
  // What the protobuf runtime needs.
  const globals = { TextEncoder, TextDecoder }
  expect(await runInBareContext(bundle, probe, globals)).toEqual({ whole: true, block: '42' })
})

import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { bundleForBrowser, hasChromium, openChromium, runInBareContext } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'

type Library = typeof import('./support/browser.ts')

const bundle = await bundleForBrowser(resolve(import.meta.dirname, 'support/browser.ts'))
const HASH = createHash('sha256').update(new Uint8Array(100_000)).digest()
const READ = { entries: 16, verified: 16, forkId: 9, hash: [...HASH.subarray(0, 4)] }
const readLayout2 = (library: Library): Promise<unknown> => library.readLayout2()

describe('where there is nothing but the language', () => {
  // What the protobuf runtime needs.
  const globals = { TextEncoder, TextDecoder }

  test('archives are written, read and verified', async () => {
    const probe = async ({ archiveOf, blocks, openMemory }: Library) => {
      const archive = await openMemory(await archiveOf(blocks(50)))
      let entries = 0
      for await (const batch of archive.batches()) entries += batch.length
      return {
        whole: BigInt(entries) === archive.getHeader().totalEntries,
        block: String((await archive.block(42n))?.number),
      }
    }
    expect(await runInBareContext(bundle, probe, globals)).toEqual({ whole: true, block: '42' })
  })

  test('segments of layout 2 are read and verified', async () => {
    expect(await runInBareContext(bundle, readLayout2, globals)).toEqual(READ)
  })

  test("hashes are a browser's where it has them", async () => {
    const subtle = { digest: async () => Uint8Array.of(1, 2, 3, 4).buffer }
    const probe = async ({ readLayout2: read }: Library) => {
      try {
        await read()
        return 'read'
      } catch (error) {
        return (error as { readonly code?: string }).code
      }
    }
    expect(await runInBareContext(bundle, probe, { ...globals, crypto: { subtle } })).toBe('WRONG_DIGEST')
  })
})

test.runIf(hasChromium())('segments of layout 2 are read and verified in a browser and its workers', async () => {
  await using browser = await openChromium()
  expect(await browser.run(bundle, readLayout2)).toEqual(READ)
  expect(await browser.runInWorker(bundle, readLayout2)).toEqual(READ)
})

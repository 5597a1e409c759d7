import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { bundleForBrowser, hasChromium, openChromium, runInBareContext, tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'

type Format = typeof import('../src/index.ts')

/**
 * Decodes a golden entry in two chunks, encodes it again, and reads it from a file, a blob if there are blobs; says what
 * else there is besides the language.
 */
const probe = async ({ encodeEntry, encodeHeaderPage, PacketReader, readEntries }: Format) => {
  const bytes = Uint8Array.of(2, 0, 0, 0, 18, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0xff)
  const reader = new PacketReader()
  reader.push(bytes.subarray(0, 6))
  const none = reader.readEntries().length
  reader.push(bytes.subarray(6))
  const [entry] = reader.readEntries()
  const header = {
    generation: 3,
    version: 2,
    systemId: 1n,
    streamType: 1n,
    totalLength: 4114,
    totalEntries: 1n,
  } as const
  const file = [encodeHeaderPage(header), encodeEntry({ type: 3, number: 0n, data: Uint8Array.of(7) })]
  const blobs = 'Blob' in globalThis
  const types: number[] = []
  for await (const { type } of readEntries(
    blobs
      ? new Blob(file)
      : (async function* () {
          yield* file
        })(),
  ))
    types.push(type)
  return {
    types,
    blobs,
    none,
    type: entry?.type,
    number: String(entry?.number),
    data: entry && [...entry.data],
    same: entry && encodeEntry(entry).join() === bytes.join(),
    globals: ['process', 'Buffer', 'require', 'document', 'WorkerGlobalScope'].filter((name) => name in globalThis),
  }
}
const decoded = { none: 0, type: 1, number: '5', data: [255], same: true, types: [3] }

const bundle = await bundleForBrowser(resolve(import.meta.dirname, '../src/index.ts'))

test('the bundle stands alone: nothing of Node and no dependency', () => {
  expect(bundle).not.toMatch(/\bnode:|\brequire\(|\bimport\b/)
})

test('nor do the messages of sources need anything', async () => {
  const source = await bundleForBrowser(resolve(import.meta.dirname, '../src/source.ts'))
  expect(source).not.toMatch(/\bnode:|\brequire\(|\bimport\b/)
})

test('a bundle with something of Node is not made', async () => {
  using dir = tempDir()
  writeFileSync(dir.join('index.ts'), "export { readFileSync } from 'node:fs'\n")
  await expect(bundleForBrowser(dir.join('index.ts'))).rejects.toThrow('node:fs')
})

test('runs with nothing but the language', async () => {
  expect(await runInBareContext(bundle, probe)).toEqual({ ...decoded, blobs: false, globals: [] })
})

describe.skipIf(!hasChromium())('in Chromium', () => {
  test('runs in a page', async () => {
    await using browser = await openChromium()
    expect(await browser.run(bundle, probe)).toEqual({ ...decoded, blobs: true, globals: ['document'] })
  })

  test('runs in a worker', async () => {
    await using browser = await openChromium()
    expect(await browser.runInWorker(bundle, probe)).toEqual({
      ...decoded,
      blobs: true,
      globals: ['WorkerGlobalScope'],
    })
  })
})

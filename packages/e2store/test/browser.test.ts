import { resolve } from 'node:path'
import { bundleForBrowser, hasChromium, openChromium, runInBareContext } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'

type E2Store = typeof import('../src/index.ts')

/** Writes a small era with compressed records, reads it back by slot, verifies it, and says what it found. */
const probe = async ({ EraWriter, eraNameOf, fromBytes, openEra, RecordCursor, toBytes, verifyEra }: E2Store) => {
  const sink = toBytes()
  const state = new Uint8Array(5000)
  const writer = await EraWriter.begin(sink, { era: 0n, slotsPerEra: 64 })
  await writer.finish(state)
  const source = fromBytes(sink.bytes())
  const cursor = new RecordCursor(source)
  const types: number[] = []
  while (await cursor.fill()) for (let record = cursor.take(); record; record = cursor.take()) types.push(record.type)
  const era = await openEra(source)
  const report = await verifyEra(era)
  const error = await openEra(fromBytes(sink.bytes().subarray(1))).catch((e: unknown) => e)
  return {
    types,
    same: (await era.state(0n)).join() === state.join(),
    name: await eraNameOf(era, 'tiny'),
    states: report.states,
    code: (error as { readonly code?: string }).code,
    globals: ['process', 'Buffer', 'require', 'document', 'WorkerGlobalScope'].filter((name) => name in globalThis),
  }
}
const expected = {
  types: [0x6532, 0x0200, 0x6932],
  same: true,
  name: 'tiny-00000-00000000.era',
  states: 1,
  code: 'BAD_GROUP',
}

const bundle = await bundleForBrowser(resolve(import.meta.dirname, '../src/index.ts'))

test('the bundle has nothing of Node', () => {
  expect(bundle).not.toMatch(/['"]node:|\brequire\(/)
})

test('runs with nothing but the language', async () => {
  expect(await runInBareContext(bundle, probe)).toEqual({ ...expected, globals: [] })
})

describe.skipIf(!hasChromium())('in Chromium', () => {
  test('runs in a page', async () => {
    await using browser = await openChromium()
    expect(await browser.run(bundle, probe)).toEqual({ ...expected, globals: ['document'] })
  })

  test('runs in a worker', async () => {
    await using browser = await openChromium()
    expect(await browser.runInWorker(bundle, probe)).toEqual({ ...expected, globals: ['WorkerGlobalScope'] })
  })
})

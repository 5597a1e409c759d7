import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import {
  bundleForBrowser,
  hasChromium,
  hasNginx,
  type Nginx,
  openChromium,
  runInBareContext,
  startNginx,
  tempDir,
} from '@datastreamer/fixtures'
import { generateStream } from '@datastreamer/sequencer-entries'
import { describe, expect, test } from 'vitest'
import { historyOfBlocks, TestHistory } from './support/make-history.ts'
import { publicKey } from './support/open-history.ts'

type Library = typeof import('./support/browser-history.ts')

const bundle = await bundleForBrowser(resolve(import.meta.dirname, 'support/browser-history.ts'))

test('the bundle has nothing of Node', () => {
  expect(bundle).not.toMatch(/['"]node:|\brequire\(/)
})

test('a history is read where there is nothing but the language; a key needs cryptography', async () => {
  const made = await historyOfBlocks(3, 20)
  const historyData = Object.fromEntries([...made.objects.stored].map(([key, { bytes }]) => [key, [...bytes]]))
  const globals = { TextEncoder, TextDecoder, historyData, publicKey }
  expect(await runInBareContext(bundle, (library: Library) => library.readMemory(), globals)).toEqual({
    ...{ isWhole: true, block: '33', at: '59', withKey: 'NO_CRYPTO' },
    notices: ['AUTHOR_UNCHECKED'],
  })
})

interface Served {
  readonly history: Nginx
  readonly page: Nginx
  /** The requests so far. */
  requests(): string[]
}

/** Serve a history from one address, and a page from another. */
async function served(made: TestHistory, use: (served: Served) => Promise<void>): Promise<void> {
  using dir = tempDir()
  for (const [key, { bytes }] of made.objects.stored) {
    const path = dir.join('history', key)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytes)
  }
  mkdirSync(dir.join('page'))
  writeFileSync(dir.join('page/index.html'), '<!doctype html><title>A page</title>')
  const log = dir.join('access.log')
  const cors = [
    "add_header Access-Control-Allow-Origin '*' always;",
    "add_header Access-Control-Expose-Headers 'Content-Range, ETag' always;",
    `access_log ${log};`,
  ]
  await using history = await startNginx(dir.join('history'), cors.join(' '))
  await using page = await startNginx(dir.join('page'))
  const requests = (): string[] => readFileSync(log, 'utf8').match(/"[A-Z]+ \S+ HTTP/g) ?? []
  await use({ history, page, requests })
}

const scriptFor = (address: string): string =>
  `Object.assign(globalThis, ${JSON.stringify({ address, publicKey })})\n${bundle}`

describe.skipIf(!hasChromium() || !hasNginx())('in Chromium, from an address', () => {
  test('all of a history; a block with three requests, none of them ahead', async () => {
    // As many segments as a bundle has leaves, but for the one that opens the epoch.
    const made = new TestHistory({ encoding: 'protobuf' })
    for (let i = 0; i < 255; i++) await made.add([...generateStream({ firstBlock: BigInt(i), blocks: 1n })])
    await made.publish()
    await served(made, async ({ history, page, requests }) => {
      await using browser = await openChromium({ page: page.url })
      const block = await browser.run(scriptFor(history.url), (library: Library) => library.readBlockAt(123))
      expect(block).toMatchObject({ number: '123', notices: [] })
      await expect.poll(() => requests().length).toBe(3)
      const seen = requests()
      expect(seen.every((request) => request.startsWith('"GET '))).toBe(true)
      const inWorker = await browser.runInWorker(scriptFor(history.url), (library: Library) => library.readBlockAt(200))
      expect(inWorker).toMatchObject({ number: '200', notices: [] })
      const all = await browser.run(scriptFor(history.url), (library: Library) => library.readAllAt())
      expect(all).toEqual({ entries: made.entries.length, blocks: 245 })
      expect(requests().filter((request) => !request.startsWith('"GET '))).toEqual([])
    })
  })

  test('a block among 2,000 segments with at most five requests', async () => {
    const made = new TestHistory({ encoding: 'protobuf' })
    for (let i = 0; i < 2000; i++) {
      if (i === 1234) await made.add([...generateStream({ firstBlock: BigInt(i), blocks: 1n })])
      else made.addLeafOnly(1)
    }
    await made.publish()
    await served(made, async ({ history, page, requests }) => {
      await using browser = await openChromium({ page: page.url })
      const block = await browser.run(scriptFor(history.url), (library: Library) => library.readBlockAt(1234))
      expect(block).toMatchObject({ number: '1234', notices: [] })
      await expect.poll(() => requests().length).toBe(4)
      expect(requests().every((request) => request.startsWith('"GET '))).toBe(true)
    })
  })
})

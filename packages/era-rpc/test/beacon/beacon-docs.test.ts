import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { runReadme } from '@datastreamer/fixtures'
import { beforeAll, expect, test } from 'vitest'
import { serveBeacon } from './support/beacon-server.ts'
import { MemoryLocation } from './support/memory-location.ts'
import { OWN_NETWORK, type OwnChain, ownChain } from './support/own-chain.ts'

const PAGE = resolve(import.meta.dirname, '../../../../docs/beacon-api.md')
let chain: OwnChain
beforeAll(async () => {
  chain = await ownChain({ eras: 3 })
})

test('the example in the page runs', async () => {
  const printed = await runReadme(PAGE, { cwd: resolve(import.meta.dirname, '../..') })
  expect(printed).toEqual(['. has no .era files\n'])
})

test('every path that the page lists is answered', async () => {
  const table = readFileSync(PAGE, 'utf8').split('| path ')[1]?.split('\n\n')[0] ?? ''
  const paths = [...table.matchAll(/^\| `(\/[^`]+)`/gm)].map(([, path = '']) => path)
  expect(paths).toHaveLength(20)
  await using server = await serveBeacon(new MemoryLocation(chain.files), { network: OWN_NETWORK })
  for (const path of paths) {
    const { status } = await server.get(path.replace('{id}', 'finalized'))
    const isAbsent = /blob_sidecars|deposit_/.test(path)
    expect([path, status]).toEqual([path, isAbsent ? 404 : 200])
  }
})

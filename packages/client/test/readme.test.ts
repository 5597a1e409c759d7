import { resolve } from 'node:path'
import { runReadme, tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { Chain } from './support/chain.ts'
import { FakeServer } from './support/fake-server.ts'
import { SourceWorld } from './support/source-world.ts'

const folder = resolve(import.meta.dirname, '..')

test('the examples do what they say', async () => {
  await using fake = await FakeServer.listen({ entries: 3 })
  await using world = await SourceWorld.start({ server: { token: 'secret' } })
  const printed = await runReadme(resolve(folder, 'README.md'), {
    // The indexer and histories have tests of their own.
    only: (code) => !code.includes('sqlite') && !code.includes('history'),
    edit: (code) => code.replace('6900', String(fake.peer.port)).replace('6901', String(world.proxy.port)),
  })
  expect(printed).toEqual(['system 779, 3 entries\n0 1 2\n', 'entries 0 to 1 are durable\n'])
})

test('that of the front page too', async () => {
  using dir = tempDir()
  await using chain = await Chain.start(dir.join('stream.bin'))
  await chain.append(3)
  const printed = await runReadme(resolve(folder, '../../README.md'), {
    cwd: folder,
    edit: (code) => code.replace('6900', String(chain.port)).replace('blocks()', 'blocks({ follow: false })'),
  })
  expect(printed).toEqual(['0n 0\n1n 1\n2n 2\n'])
})

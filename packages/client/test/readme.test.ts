import { resolve } from 'node:path'
import { runReadme } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { FakeServer } from './support/fake-server.ts'
import { SourceWorld } from './support/source-world.ts'

test('the examples do what they say', async () => {
  await using fake = await FakeServer.listen({ entries: 3 })
  await using world = await SourceWorld.start({ server: { token: 'secret' } })
  const printed = await runReadme(resolve(import.meta.dirname, '../README.md'), {
    edit: (code) => code.replace('6900', String(fake.peer.port)).replace('6901', String(world.proxy.port)),
  })
  expect(printed).toEqual(['system 779, 3 entries\n0 1 2\n', 'entries 0 to 1 are durable\n'])
})

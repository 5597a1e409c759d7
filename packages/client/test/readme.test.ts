import { resolve } from 'node:path'
import { runReadme } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { FakeServer } from './support/fake-server.ts'

test('the quick start does what it says', async () => {
  await using fake = await FakeServer.listen({ entries: 3 })
  const printed = await runReadme(resolve(import.meta.dirname, '../README.md'), {
    edit: (code) => code.replace('6900', String(fake.peer.port)),
  })
  expect(printed).toEqual(['system 779, 3 entries\n0 1 2\n'])
})

import { StreamClient } from '@datastreamer/client'
import { tempDir } from '@datastreamer/fixtures'
import { generateStream } from '@datastreamer/sequencer-entries'
import { expect, test } from 'vitest'
import { expectEqualFiles } from './support/equal-files.ts'
import { TestRelay, until } from './support/relay.ts'
import { Source } from './support/source.ts'

test('catches up, goes live, and is the same stream', async () => {
  using dir = tempDir()
  await using source = await Source.start({ file: dir.join('source.bin') })
  for (const operation of generateStream({ blocks: 200n })) await source.commit(operation)
  await using relay = await TestRelay.start(['--server', source.address, '--file', dir.join('relay.bin')])
  await until('caught up', async () => (await relay.total()) === source.total)
  await source.commitMany(300, 3)
  await until('live', async () => (await relay.total()) === source.total)
  expectEqualFiles(dir.join('source.bin'), dir.join('relay.bin'))
  await using client = new StreamClient({ host: '127.0.0.1', port: relay.port })
  expect(await client.getHeader()).toEqual(source.store.getHeader())
  expect((await relay.status()).relay).toMatchObject({
    upstream: source.address,
    state: 'streaming',
    operationBoundaries: true,
  })
  expect(relay.readiness).toEqual({ ready: true, reason: undefined })
})

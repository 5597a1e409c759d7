import { renameSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { TestRelay, until } from './support/relay.ts'
import { Source } from './support/source.ts'

test('a relay whose file is moved away takes nothing more, is not ready, and goes on when the file is back', async () => {
  using dir = tempDir()
  await using source = await Source.start({ file: dir.join('source.bin') })
  await source.commitMany(3, 3)
  const file = dir.join('relay.bin')
  await using relay = await TestRelay.start(['--server', source.address, '--file', file, '--retry-max', '200ms'])
  await until('caught up', async () => (await relay.total()) === 9n)
  renameSync(file, dir.join('away'))
  await until('not ready', () => relay.readiness.reason?.includes('relay.bin was removed or replaced') === true)
  await source.commitMany(3, 3)
  const isRefused = ({ event, msg }: { event: string; msg: string }): boolean =>
    event === 'upstream-failed' && msg.includes('was removed or replaced')
  await until('refused', () => relay.lines.some(isRefused))
  expect([relay.readiness.ready, await relay.total()]).toEqual([false, 9n])
  expect(relay.lines.filter(({ event }) => event === 'file-lost')).toMatchObject([{ level: 'error' }])
  renameSync(dir.join('away'), file)
  await until('ready again', () => relay.readiness.ready)
  await until('caught up again', async () => (await relay.total()) === 18n)
})

import { tempDir } from '@datastreamer/fixtures'
import { ManualClock } from '@datastreamer/runtime/testing'
import { openStore } from '@datastreamer/store'
import { expect, test } from 'vitest'
import type { FollowEvent } from '../src/follow/follow-event.ts'
import { FollowStatus } from '../src/follow/follow-status.ts'
import { Follower } from '../src/follow/follower.ts'
import { expectEqualFiles } from './support/equal-files.ts'
import { FaultProxy } from './support/fault-proxy.ts'
import { until } from './support/relay.ts'
import { Source } from './support/source.ts'

test('an entry that takes longer than the time limit arrives at the first attempt', async () => {
  using dir = tempDir()
  const clock = new ManualClock()
  await using source = await Source.start({ file: dir.join('source.bin') })
  await source.commit([{ type: 5, data: new Uint8Array(1_000_000).fill(7) }])
  // The stream's own connection; headers are asked for on the next.
  await using proxy = await FaultProxy.listen(source.port, { isSlow: (index) => index === 0 })
  const upstream = { name: proxy.address, host: '127.0.0.1', port: proxy.port, tls: undefined }
  const status = new FollowStatus([upstream])
  const store = await openStore({ file: dir.join('relay.bin'), systemId: 1101n, version: 2, fsync: 'never' })
  const events: FollowEvent['event'][] = []
  {
    const limits = { clock, responseTimeoutMs: 10_000 }
    const report = (event: FollowEvent): void => {
      status.apply(event)
      if (['connected', 'failed', 'truncated', 'stopped', 'resumed'].includes(event.event)) events.push(event.event)
    }
    const fail = (): unknown => events.push('stopped')
    await using _follower = new Follower({ store, upstreams: [upstream], limits, report }, fail)
    // 40 kB a second, and a poll of the header as often.
    await until('whole', async () => {
      if (proxy.pass(40_000) > 0 && status.upstream !== undefined) clock.advance(1000)
      await new Promise((resolve) => setImmediate(resolve))
      return store.getHeader().totalEntries === 1n
    })
  }
  expect(clock.now()).toBeGreaterThan(20_000)
  expect(events).toEqual(['connected'])
  await store.close()
  expectEqualFiles(dir.join('source.bin'), dir.join('relay.bin'))
})

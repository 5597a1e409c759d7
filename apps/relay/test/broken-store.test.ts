import { FailingDisk, tempDir } from '@datastreamer/fixtures'
import { nodeDisk, openStore } from '@datastreamer/store'
import { expect, test } from 'vitest'
import type { FollowEvent } from '../src/follow/follow-event.ts'
import { FollowStatus } from '../src/follow/follow-status.ts'
import { Follower } from '../src/follow/follower.ts'
import { until } from './support/relay.ts'
import { Source } from './support/source.ts'

test('a relay whose store can write no more goes on to say how far behind it is', async () => {
  using dir = tempDir()
  await using source = await Source.start({ file: dir.join('source.bin') })
  await source.commitMany(4, 3)
  const upstream = { name: source.address, host: '127.0.0.1', port: source.port, tls: undefined }
  const status = new FollowStatus([upstream])
  const failing = new FailingDisk(nodeDisk)
  const { disk } = failing
  const store = await openStore({ file: dir.join('relay.bin'), systemId: 1101n, version: 2, fsync: 'commit', disk })
  status.opened(store)
  const events: FollowEvent['event'][] = []
  {
    const report = (event: FollowEvent): void => {
      status.apply(event)
      if (['connected', 'failed', 'truncated', 'stopped', 'resumed'].includes(event.event)) events.push(event.event)
    }
    const rounds = { minMs: 1, maxMs: 5 }
    const options = { store, upstreams: [upstream], rounds, watchIntervalMs: 5, report }
    await using _follower = new Follower(options, (error) => events.push(error as FollowEvent['event']))
    await until('caught up', () => store.getHeader().totalEntries === source.total && status.lag === 0n)
    failing.failAt = 'before header'
    // Nothing comes after it at which the relay would find out.
    await source.commitMany(1, 3)
    await until('stopped', () => status.stopped !== undefined)
    await source.commitMany(11, 3)
    await until('it says so', () => status.lag === 36n)
    expect(events).toEqual(['connected', 'stopped'])
    expect(status.toJson()).toMatchObject({ state: 'stopped', upstream: null, problem: status.stopped?.message })
    // No upstream is to blame.
    expect(status.failures).toEqual({ [upstream.name]: 0 })
  }
  failing.heal()
  await store.close().catch(() => undefined)
})

import { tempDir } from '@datastreamer/fixtures'
import { generateStream } from '@datastreamer/sequencer-entries'
import { describe, expect, test } from 'vitest'
import { committed, expectEqualFiles } from './support/equal-files.ts'
import { FaultProxy } from './support/fault-proxy.ts'
import { TestRelay, until } from './support/relay.ts'
import { Source } from './support/source.ts'

const failed = (relay: TestRelay, name: string): string[] => {
  return relay.lines.filter(({ event }) => event === name).map(({ msg }) => msg)
}

/** Start a relay on a file behind a server of another stream, that it would follow if it were the same. */
const startBehind = (other: Source, file: string): Promise<TestRelay> =>
  TestRelay.start(['--server', other.address, '--file', file, '--on-truncate', 'follow', '--truncate-grace', '0'])

const untilRefused = (relay: TestRelay): Promise<void> =>
  until('refused', () => failed(relay, 'upstream-refused').some((line) => line.includes('nothing in common')))

describe('several servers', () => {
  test('are tried in order; the next takes over where one is lost, and nothing is lost or repeated', async () => {
    using dir = tempDir()
    await using source = await Source.start({ file: dir.join('source.bin') })
    await using first = await FaultProxy.listen(source.port)
    await using second = await FaultProxy.listen(source.port)
    await source.commitMany(50, 3)
    const servers = ['--server', `${first.address},${second.address}`]
    await using relay = await TestRelay.start([...servers, '--file', dir.join('relay.bin'), '--admin-port', '0'])
    await until(
      'first',
      async () => (await relay.status()).relay.upstream === first.address && (await relay.total()) === source.total,
    )
    first.target = undefined
    first.drop()
    await source.commitMany(50, 3)
    await until(
      'second',
      async () => (await relay.status()).relay.upstream === second.address && (await relay.total()) === source.total,
    )
    expect((await relay.status()).relay).toMatchObject({ reconnects: 1, state: 'streaming', entriesBehind: 0n })
    expectEqualFiles(dir.join('source.bin'), dir.join('relay.bin'))
    const metrics = await relay.metrics()
    expect(metrics).toContain(`datastreamer_relay_upstream_connected{upstream="${second.address}"} 1`)
    expect(metrics).toContain(`datastreamer_relay_upstream_connected{upstream="${first.address}"} 0`)
    expect(metrics).toMatch(/datastreamer_relay_reconnects_total 1\n/)
    // An alarm that asks for an increase needs the value before.
    expect(metrics).toContain('datastreamer_errors_total{code="WRITE_FAILED"} 0\n')
    expect(metrics).toContain('datastreamer_connections_rejected_total{reason="MAX_CONNECTIONS"} 0\n')
    expect(metrics).toContain('datastreamer_connections_closed_total{reason="WRITE_TIMEOUT"} 0\n')
    expect(metrics).toMatch(/datastreamer_relay_behind_entries 0\n/)
    expect(metrics).toMatch(/datastreamer_relay_last_entry_age_seconds [\d.]+\n/)
  })

  test('a stream that brings nothing though the server has more is given up', async () => {
    using dir = tempDir()
    await using source = await Source.start({ file: dir.join('source.bin') })
    await using proxy = await FaultProxy.listen(source.port)
    await source.commitMany(5, 3)
    const args = ['--server', proxy.address, '--file', dir.join('relay.bin'), '--response-timeout', '500ms']
    await using relay = await TestRelay.start(args)
    await until('caught up', async () => (await relay.total()) === source.total)
    proxy.stall(60_000)
    await source.commitMany(5, 3)
    await until('went on', async () => (await relay.total()) === source.total)
    expect(failed(relay, 'upstream-failed').join()).toMatch(/no bytes for|sent none from/)
  })

  test('without one a relay serves what it has, is ready for a while, and says why not afterwards', async () => {
    using dir = tempDir()
    const file = dir.join('relay.bin')
    await using proxy = await FaultProxy.listen()
    {
      await using source = await Source.start({ file: dir.join('source.bin') })
      await source.commitMany(5, 3)
      proxy.target = source.port
      await using relay = await TestRelay.start([
        '--server',
        proxy.address,
        '--file',
        file,
        '--ready-disconnected',
        '0',
      ])
      await until('caught up', async () => (await relay.total()) === source.total && relay.readiness.ready)
      proxy.target = undefined
      proxy.drop()
      await until('not ready', () => !relay.readiness.ready)
      expect(relay.readiness.reason).toMatch(/no upstream for/)
    }
    await using again = await TestRelay.start(['--server', proxy.address, '--file', file])
    expect(await again.total()).toBe(15n)
    expect(again.readiness).toEqual({ ready: false, reason: 'no upstream was reached yet' })
  })

  test('a relay that is far behind is not ready', async () => {
    using dir = tempDir()
    await using source = await Source.start({ file: dir.join('source.bin') })
    await using proxy = await FaultProxy.listen(source.port)
    await source.commitMany(5, 3)
    const args = ['--server', proxy.address, '--file', dir.join('relay.bin'), '--ready-lag', '10']
    await using relay = await TestRelay.start(args)
    await until('caught up', () => relay.readiness.ready)
    // Only questions get through.
    let isFirst = true
    proxy.stall(3000, () => {
      const hit = isFirst
      isFirst = false
      return hit
    })
    await source.commitMany(20, 3)
    await until('not ready', () => !relay.readiness.ready)
    expect(relay.readiness.reason).toBe('60 entries behind its upstream')
    await until('caught up again', () => relay.readiness.ready)
  })
})

describe('another stream is refused, and the next server tried', () => {
  const differences = {
    'another system id': { systemId: 5n },
    'another version': { version: 3 },
    'another type': { streamType: 9n },
  }
  test.each(Object.entries(differences))('%s', async (_name, store) => {
    using dir = tempDir()
    await using source = await Source.start({ file: dir.join('source.bin') })
    await using other = await Source.start({ file: dir.join('other.bin'), store })
    await source.commitMany(5, 3)
    await other.commitMany(9, 3)
    const file = dir.join('relay.bin')
    await using _first = await TestRelay.start(['--server', source.address, '--file', file])
    await until('caught up', async () => (await _first.total()) === source.total)
    await _first[Symbol.asyncDispose]()
    const before = committed(file)
    const servers = ['--server', `${other.address},${source.address}`]
    await using relay = await TestRelay.start([...servers, '--file', file])
    await until('the right one', async () => (await relay.status()).relay.upstream === source.address)
    expect(committed(file)).toEqual(before)
    await source.commitMany(1, 3)
    await until('caught up', async () => (await relay.total()) === source.total)
    expectEqualFiles(dir.join('source.bin'), file)
    const [refused] = (await relay.status()).relay.upstreams
    expect(refused).toMatchObject({ name: other.address, failures: 1 })
  })

  test('another entry where the relay stands: refused for good, and nothing is mixed', async () => {
    using dir = tempDir()
    const file = dir.join('relay.bin')
    await using other = await Source.start({ file: dir.join('other.bin') })
    await other.commitMany(9, 3, 50)
    {
      await using source = await Source.start({ file: dir.join('source.bin') })
      await source.commitMany(5, 3)
      await using relay = await TestRelay.start(['--server', source.address, '--file', file])
      await until('caught up', async () => (await relay.total()) === source.total)
    }
    const before = committed(file)
    await using relay = await startBehind(other, file)
    await untilRefused(relay)
    expect(relay.readiness.ready).toBe(false)
    expect(failed(relay, 'upstream-connected')).toEqual([])
    expect((await relay.status()).relay.reconnects).toBe(0)
    const disconnected = /datastreamer_relay_disconnected_seconds ([\d.]+)\n/
    await until('long without', async () => Number(disconnected.exec(await relay.metrics())?.[1]) > 0.5)
    expect((await relay.status()).relay.state).toBe('refused')
    expect(committed(file)).toEqual(before)
  })
})

test('streams that have no more than their first bookmark in common are not truncated', async () => {
  using dir = tempDir()
  const file = dir.join('relay.bin')
  await using other = await Source.start({ file: dir.join('other.bin') })
  for (const block of generateStream({ blocks: 20n, seed: 2n })) await other.commit(block)
  {
    await using source = await Source.start({ file: dir.join('source.bin') })
    for (const block of generateStream({ blocks: 20n, seed: 1n })) await source.commit(block)
    expect(await source.store.getEntry(0n)).toEqual(await other.store.getEntry(0n))
    await using relay = await TestRelay.start(['--server', source.address, '--file', file])
    await until('caught up', async () => (await relay.total()) === source.total)
  }
  const before = committed(file)
  await using relay = await startBehind(other, file)
  await untilRefused(relay)
  expect(committed(file)).toEqual(before)
})

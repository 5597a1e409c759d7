import { StreamClient } from '@datastreamer/client'
import { tempDir } from '@datastreamer/fixtures'
import { blockBookmark, generateStream } from '@datastreamer/sequencer-entries'
import { describe, expect, test } from 'vitest'
import { committed, expectEqualFiles } from './support/equal-files.ts'
import { FaultProxy } from './support/fault-proxy.ts'
import { TestRelay, until } from './support/relay.ts'
import { entriesOf, Source } from './support/source.ts'
import { HeaderSampler } from './support/watchers.ts'

const FOLLOW = ['--on-truncate', 'follow', '--truncate-grace', '100ms']

describe('an upstream that was truncated', () => {
  test('is refused: the relay keeps and serves what it has, and says so', async () => {
    using dir = tempDir()
    const file = dir.join('relay.bin')
    await using source = await Source.start({ file: dir.join('source.bin') })
    await source.commitMany(20, 3)
    await using relay = await TestRelay.start(['--server', source.address, '--file', file])
    await until('caught up', async () => (await relay.total()) === source.total && relay.readiness.ready)
    const before = committed(file)
    await source.truncate(30n)
    await until('refused', async () => (await relay.status()).relay.state === 'refused')
    expect(relay.readiness.ready).toBe(false)
    expect(relay.readiness.reason).toMatch(/the stream was truncated: entries up to 59 delivered, the stream has 30/)
    expect(await relay.metrics()).toMatch(/datastreamer_relay_refused 1\n/)
    // Longer again, but with other entries.
    await source.commitMany(20, 3, 70)
    await until('another reason', () => relay.readiness.reason?.includes('another entry has number 59') === true)
    expect(committed(file)).toEqual(before)
    await using client = new StreamClient({ host: '127.0.0.1', port: relay.port })
    expect((await client.getHeader()).totalEntries).toBe(60n)
  })

  test('is followed to the last common entry; clients get an error, bookmarks follow, headers stand at ends', async () => {
    using dir = tempDir()
    await using source = await Source.start({ file: dir.join('source.bin') })
    const blocks = [...generateStream({ blocks: 60n })]
    for (const block of blocks.slice(0, 40)) await source.commit(block)
    await using near = await TestRelay.start(['--server', source.address, '--file', dir.join('near.bin'), ...FOLLOW])
    await using far = await TestRelay.start(['--server', near.address, '--file', dir.join('far.bin'), ...FOLLOW])
    await until('caught up', async () => (await far.total()) === source.total)
    const allEnds = new Set(source.ends)
    const wrong: bigint[] = []
    await using _headers = new HeaderSampler(far.port, ({ totalEntries }) => {
      if (!allEnds.has(totalEntries) && !source.ends.has(totalEntries)) wrong.push(totalEntries)
    })
    const end = [...source.ends].sort((a, b) => Number(a - b))[25] ?? 0n
    await source.truncate(end)
    for (const block of generateStream({ blocks: 20n, firstBlock: 25n, seed: 9n })) await source.commit(block)
    await until('followed', async () => (await near.total()) === source.total && (await far.total()) === source.total)
    expectEqualFiles(dir.join('source.bin'), dir.join('near.bin'), dir.join('far.bin'))
    expect(wrong).toEqual([])
    expect(near.lines.some(({ event }) => event === 'truncation-followed')).toBe(true)
    await using client = new StreamClient({ host: '127.0.0.1', port: far.port })
    expect(await client.getFirstEventAfterBookmark(blockBookmark(26n, 'protobuf'))).toEqual(
      await source.store.getFirstEventAfterBookmark(blockBookmark(26n, 'protobuf')),
    )
  })

  test('is noticed also where the server leaves its streams open and adds nothing, as the Go server does', async () => {
    using dir = tempDir()
    await using source = await Source.start({ file: dir.join('source.bin') })
    await using shorter = await Source.start({ file: dir.join('shorter.bin') })
    await using proxy = await FaultProxy.listen(source.port)
    await source.commitMany(20, 3)
    await shorter.commitMany(10, 3)
    const args = ['--server', proxy.address, '--file', dir.join('relay.bin'), '--response-timeout', '500ms']
    await using relay = await TestRelay.start(args)
    await until('caught up', async () => (await relay.total()) === source.total && proxy.connections === 2)
    // What streams stays with the one, questions go to the other.
    proxy.target = shorter.port
    let isFirst = true
    proxy.drop(() => {
      const isStream = isFirst
      isFirst = false
      return !isStream
    })
    await until('refused', async () => (await relay.status()).relay.state === 'refused')
    expect(relay.readiness.reason).toMatch(/the stream was truncated: entries up to 59 delivered, the stream has 30/)
  })

  test('entries that are equal by chance after the entry where streams part are not common', async () => {
    using dir = tempDir()
    await using source = await Source.start({ file: dir.join('source.bin') })
    await using relay = await TestRelay.start(['--server', source.address, '--file', dir.join('relay.bin'), ...FOLLOW])
    // One by one, so that the relay knows the end of each operation.
    for (let i = 0; i < 20; i++) {
      await source.commit(entriesOf(1, 7 + i))
      await until('caught up', async () => (await relay.total()) === source.total)
    }
    await source.truncate(7n)
    await source.commit(entriesOf(1, 99))
    // Entries 8 to 15 as they were before.
    for (let i = 8; i < 16; i++) await source.commit(entriesOf(1, 7 + i))
    await source.commitMany(30, 1, 60)
    await until('followed', async () => (await relay.total()) === source.total)
    expectEqualFiles(dir.join('source.bin'), dir.join('relay.bin'))
  })

  test('one that is merely late is no reason to truncate while another has it all', async () => {
    using dir = tempDir()
    await using source = await Source.start({ file: dir.join('source.bin') })
    await using late = await Source.start({ file: dir.join('late.bin') })
    await source.commitMany(20, 3)
    await late.commitMany(10, 3)
    const first = ['--server', source.address, '--file', dir.join('relay.bin')]
    {
      await using relay = await TestRelay.start(first)
      await until('caught up', async () => (await relay.total()) === source.total)
    }
    const servers = ['--server', `${late.address},${source.address}`]
    await using relay = await TestRelay.start([...servers, '--file', dir.join('relay.bin'), ...FOLLOW])
    await until('the other', async () => (await relay.status()).relay.upstream === source.address)
    expect(await relay.total()).toBe(60n)
    expect(relay.lines.some(({ event }) => event === 'truncation-followed')).toBe(false)
  })
})

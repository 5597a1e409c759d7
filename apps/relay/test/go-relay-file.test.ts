import { rm } from 'node:fs/promises'
import { tempDir } from '@datastreamer/fixtures'
import { generateStream } from '@datastreamer/sequencer-entries'
import { openStore } from '@datastreamer/store'
import { describe, expect, test } from 'vitest'
import { committed, expectEqualFiles } from './support/equal-files.ts'
import { FaultProxy } from './support/fault-proxy.ts'
import { refusalOf, TestRelay, until } from './support/relay.ts'
import { entriesOf, Source } from './support/source.ts'

describe('a file of the Go relay', () => {
  /** What the Go relay leaves: entry by entry, with a version and system id that it makes up. */
  async function goRelayFile(
    file: string,
    source: Source,
    total: bigint,
    wrongAt?: bigint,
    identity = { version: 1, systemId: 137n },
  ): Promise<void> {
    await using store = await openStore({ file, ...identity, fsync: 'never' })
    for (let number = 0n; number < total; number++) {
      const entry = await source.store.getEntry(number)
      if (entry === undefined) throw new Error(`no entry ${number}`)
      store.startAtomicOp()
      store.addStreamEntry(entry.type, number === wrongAt ? Uint8Array.of(1) : entry.data)
      await store.commitAtomicOp()
    }
  }

  test('is taken over in place, with the header of the upstream', async () => {
    using dir = tempDir()
    const file = dir.join('relay.bin')
    await using source = await Source.start({ file: dir.join('source.bin') })
    for (let i = 0; i < 20; i++) await source.commit(entriesOf(4, i))
    await goRelayFile(file, source, 37n)
    // The Go relay knows no commit log.
    await rm(dir.join('relay.commits'))
    await using relay = await TestRelay.start(['--server', source.address, '--file', dir.join('relay')])
    await until('caught up', async () => (await relay.total()) === source.total)
    expectEqualFiles(dir.join('source.bin'), file)
  })

  test('that differs is refused', async () => {
    using dir = tempDir()
    const file = dir.join('relay.bin')
    await using source = await Source.start({ file: dir.join('source.bin') })
    for (let i = 0; i < 20; i++) await source.commit(entriesOf(4, i))
    await goRelayFile(file, source, 37n, 30n)
    await rm(dir.join('relay.commits'))
    const before = committed(file)
    const refusal = await refusalOf(['--server', source.address, '--file', file])
    expect(refusal).toMatch(/is no copy of the upstream's stream: they part at entry 30 of 37$/)
    expect(committed(file)).toEqual(before)
  })

  test('that ends inside a block is truncated to where one ended, before anyone is served', async () => {
    using dir = tempDir()
    const file = dir.join('relay.bin')
    await using source = await Source.start({ file: dir.join('source.bin') })
    for (const block of generateStream({ blocks: 20n })) await source.commit(block)
    const ends = [...source.ends].sort((a, b) => Number(a - b))
    const inside = (ends[15] ?? 0n) + 3n
    await goRelayFile(file, source, inside, undefined, { version: 2, systemId: 1101n })
    await rm(dir.join('relay.commits'))
    await using nobody = await FaultProxy.listen()
    await using relay = await TestRelay.start(['--server', nobody.address, '--file', file])
    expect(await relay.total()).toBe(ends[15])
  })
})

describe('a file that was made behind a Go relay', () => {
  const GO_RELAY = { version: 1, systemId: 137n } as const

  test('gets the header of a server that takes its place, at the next start; without one it is served as it is', async () => {
    using dir = tempDir()
    const file = dir.join('relay.bin')
    const blocks = [...generateStream({ blocks: 20n })]
    await using proxy = await FaultProxy.listen(undefined, { refuseBoundaries: true })
    const args = ['--server', proxy.address, '--file', file]
    {
      await using before = await Source.start({ file: dir.join('before.bin'), store: GO_RELAY })
      for (const block of blocks.slice(0, 15)) await before.commit(block)
      proxy.target = before.port
      await using relay = await TestRelay.start(args)
      await until('caught up', async () => (await relay.total()) === before.total)
      proxy.target = undefined
    }
    {
      await using relay = await TestRelay.start(args)
      expect((await relay.status()).stream).toMatchObject(GO_RELAY)
    }
    await using source = await Source.start({ file: dir.join('source.bin') })
    for (const block of blocks) await source.commit(block)
    proxy.target = source.port
    await using relay = await TestRelay.start(args)
    expect(relay.lines.filter(({ event }) => event === 'header-taken-over')).toHaveLength(1)
    await until('caught up', async () => (await relay.total()) === source.total)
    expectEqualFiles(dir.join('source.bin'), file)
  })

  test('is truncated to the end of a block where that relay was truncated inside one', async () => {
    using dir = tempDir()
    await using source = await Source.start({ file: dir.join('source.bin'), store: GO_RELAY })
    await using proxy = await FaultProxy.listen(source.port, { refuseBoundaries: true })
    for (const block of generateStream({ blocks: 20n })) await source.commit(block)
    const ends = [...source.ends].sort((a, b) => Number(a - b))
    const follow = ['--on-truncate', 'follow', '--truncate-grace', '0']
    await using relay = await TestRelay.start(['--server', proxy.address, '--file', dir.join('relay.bin'), ...follow])
    await until('caught up', async () => (await relay.total()) === source.total)
    const end = ends[15] ?? 0n
    await source.truncate(end + 3n)
    await until('truncated', () => relay.lines.some(({ event }) => event === 'truncation-followed'))
    await until('fetched again', async () => (await relay.total()) >= end)
    expect(await relay.total()).toBe(end)
  })
})

import { tempDir } from '@datastreamer/fixtures'
import { entryKind, generateStream } from '@datastreamer/sequencer-entries'
import { describe, expect, test } from 'vitest'
import { expectEqualFiles } from './support/equal-files.ts'
import { FaultProxy } from './support/fault-proxy.ts'
import { TestRelay, until } from './support/relay.ts'
import { entriesOf, type NewEntry, Source } from './support/source.ts'
import { HeaderSampler } from './support/watchers.ts'

/** Every block of a sequencer, split into operations of several blocks, and some that end inside one. */
function* oddOperations(blocks: bigint): Generator<NewEntry[], void, void> {
  let open: NewEntry[] = []
  let count = 0
  for (const block of generateStream({ blocks })) {
    const end = ++count % 3 === 0 ? Math.floor(block.length / 2) : block.length
    open.push(...block.slice(0, end))
    if (count % 2 === 0 || end < block.length) {
      yield open
      open = []
    }
    open.push(...block.slice(end))
  }
  if (open.length > 0) yield open
}

test('every header in a chain of three relays stands where the source ended an operation', async () => {
  using dir = tempDir()
  await using source = await Source.start({ file: dir.join('source.bin') })
  const operations = [...oddOperations(600n)]
  for (const operation of operations.slice(0, 200)) await source.commit(operation)
  await using first = await TestRelay.start(['--server', source.address, '--file', dir.join('first.bin')])
  await using second = await TestRelay.start(['--server', first.address, '--file', dir.join('second.bin')])
  await using third = await TestRelay.start(['--server', second.address, '--file', dir.join('third.bin')])
  const wrong: bigint[] = []
  const check = ({ totalEntries }: { readonly totalEntries: bigint }): void => {
    if (!source.ends.has(totalEntries)) wrong.push(totalEntries)
  }
  await using firstHeaders = new HeaderSampler(first.port, check)
  await using secondHeaders = new HeaderSampler(second.port, check)
  await using thirdHeaders = new HeaderSampler(third.port, check)
  for (const operation of operations.slice(200)) await source.commit(operation)
  await until('all caught up', async () => {
    const totals = await Promise.all([first, second, third].map((relay) => relay.total()))
    return totals.every((total) => total === source.total)
  })
  expect(wrong).toEqual([])
  for (const headers of [firstHeaders, secondHeaders, thirdHeaders]) expect(headers.samples).toBeGreaterThan(5)
  expectEqualFiles(dir.join('source.bin'), dir.join('first.bin'), dir.join('second.bin'), dir.join('third.bin'))
})

test('an operation larger than what is kept in memory, and connections lost inside it: all of it or nothing', async () => {
  using dir = tempDir()
  await using source = await Source.start({ file: dir.join('source.bin') })
  await using proxy = await FaultProxy.listen(source.port)
  await source.commitMany(3, 2)
  const args = ['--server', proxy.address, '--file', dir.join('relay.bin'), '--fsync', 'never']
  await using relay = await TestRelay.start(args)
  const seen = new Set<bigint>()
  await using _headers = new HeaderSampler(relay.port, ({ totalEntries }) => seen.add(totalEntries))
  const size = 60_000
  await source.commit(Array.from({ length: size }, (_, i) => ({ type: 5, data: new Uint8Array(700).fill(i) })))
  for (let dropped = 0; dropped < 3; dropped++) {
    const { entriesReceived } = (await relay.status()).relay
    await until('inside it', async () => (await relay.status()).relay.entriesReceived > entriesReceived + size / 10)
    proxy.drop()
    seen.add(await relay.total())
  }
  await until('caught up', async () => (await relay.total()) === source.total)
  expect([...seen].filter((total) => !source.ends.has(total))).toEqual([])
  expect((await relay.status()).relay.reconnects).toBeGreaterThan(1)
  expectEqualFiles(dir.join('source.bin'), dir.join('relay.bin'))
})

test('after a server without operation boundaries, blocks stay whole', async () => {
  using dir = tempDir()
  await using source = await Source.start({ file: dir.join('source.bin') })
  await using proxy = await FaultProxy.listen(source.port, { refuseBoundaries: true })
  const blocks = [...generateStream({ blocks: 400n })]
  for (const block of blocks.slice(0, 150)) await source.commit(block)
  await using relay = await TestRelay.start(['--server', proxy.address, '--file', dir.join('relay.bin')])
  // The source ends several blocks at once, so the ends of blocks are more than those of operations.
  const ends = new Set(source.ends)
  let total = 0n
  for (const { type } of blocks.flat()) {
    total++
    if (['l2BlockEnd', 'batchEnd'].includes(entryKind(type, 'protobuf'))) ends.add(total)
  }
  const wrong: bigint[] = []
  await using headers = new HeaderSampler(relay.port, ({ totalEntries }) => {
    if (!ends.has(totalEntries)) wrong.push(totalEntries)
  })
  for (let i = 150; i < 400; i += 2) {
    await source.commit(blocks.slice(i, i + 2).flat())
    // However fast that is, headers are asked for in between.
    const { samples } = headers
    if (i % 40 === 0) await until('sampled', async () => headers.samples > samples)
  }
  await until('caught up', async () => (await relay.total()) === source.total)
  expect((await relay.status()).relay.operationBoundaries).toBe(false)
  expect(wrong).toEqual([])
  expect(headers.samples).toBeGreaterThan(5)
  expectEqualFiles(dir.join('source.bin'), dir.join('relay.bin'))
})

test('after a server without operation boundaries, of a stream without blocks, operations end at its headers', async () => {
  using dir = tempDir()
  await using source = await Source.start({ file: dir.join('source.bin'), store: { streamType: 2n } })
  await using proxy = await FaultProxy.listen(source.port, { refuseBoundaries: true })
  await source.commitMany(10, 4)
  const args = ['--server', proxy.address, '--stream-type', '2', '--file', dir.join('relay.bin')]
  await using relay = await TestRelay.start(args)
  await until('caught up', async () => (await relay.total()) === source.total)
  const wrong: bigint[] = []
  await using _headers = new HeaderSampler(relay.port, ({ totalEntries }) => {
    if (!source.ends.has(totalEntries)) wrong.push(totalEntries)
  })
  for (let i = 0; i < 20; i++) {
    await source.commit(entriesOf(5, i))
    await until('committed', async () => (await relay.total()) === source.total)
  }
  expect(wrong).toEqual([])
})

test.each(['close', 'nothing'] as const)(
  'a server that leaves the question for boundaries open is followed: %s',
  async (onBoundaries) => {
    using dir = tempDir()
    await using source = await Source.start({ file: dir.join('source.bin') })
    await using proxy = await FaultProxy.listen(source.port, { onBoundaries })
    for (const block of generateStream({ blocks: 20n })) await source.commit(block)
    const args = ['--server', proxy.address, '--file', dir.join('relay.bin')]
    await using relay = await TestRelay.start([...args, '--response-timeout', '300ms', '--retry-max', '100ms'])
    await until('caught up', async () => (await relay.total()) === source.total)
    expect((await relay.status()).relay.operationBoundaries).toBe(false)
  },
)

describe('behind a server that commits entry by entry, as the Go relay does, blocks stay whole', () => {
  test.each([
    ['with the header of the sequencer', { version: 2, systemId: 1101n }],
    ['with the header that the Go relay makes up', { version: 1, systemId: 137n }],
  ])('%s', async (_name, store) => {
    using dir = tempDir()
    await using source = await Source.start({ file: dir.join('source.bin'), store })
    await using proxy = await FaultProxy.listen(source.port, { refuseBoundaries: true })
    const commitSingly = async (entries: readonly NewEntry[]): Promise<void> => {
      for (const entry of entries) await source.commit([entry])
    }
    const blocks = [...generateStream({ blocks: 30n })]
    await commitSingly(blocks.slice(0, -1).flat())
    const whole = source.total
    const args = ['--server', proxy.address, '--file', dir.join('relay.bin')]
    {
      await using relay = await TestRelay.start(args)
      await until('caught up', async () => (await relay.total()) === whole)
    }
    const last = blocks.at(-1) ?? []
    await commitSingly(last.slice(0, -1))
    await using relay = await TestRelay.start(args)
    const seen = new Set<bigint>()
    await using headers = new HeaderSampler(relay.port, ({ totalEntries }) => seen.add(totalEntries))
    for (let connection = 1; connection <= 2; connection++) {
      const received = connection * (last.length - 1)
      await until('received', async () => (await relay.status()).relay.entriesReceived === received)
      const samples = headers.samples + 20
      await until('sampled', () => headers.samples > samples)
      if (connection === 1) proxy.drop()
    }
    await commitSingly(last.slice(-1))
    await until('the rest', () => seen.has(source.total))
    expect(seen).toEqual(new Set([whole, source.total]))
  })
})

import { tempDir } from '@datastreamer/fixtures'
import { type Entry, encodeEntry, TruncatedError } from '@datastreamer/format'
import { encodeSequencerEntry } from '@datastreamer/sequencer-entries'
import { describe, expect, test } from 'vitest'
import { connect, type StreamBlock, StreamClient } from '../src/index.ts'
import { Chain } from './support/chain.ts'
import { FakeServer } from './support/fake-server.ts'
import { collect, failure, near } from './support/options.ts'
import { Rows } from './support/rows.ts'

/** What is known of a block without its bytes. */
const summary = ({ number, hash, forkId, transactions }: StreamBlock) => [number, hash[0], forkId, transactions.length]
const ofChain = ({ blocks }: Chain, from = 0) =>
  blocks.slice(from).map(({ number, hash }) => [BigInt(number), hash[0], 9n, number % 3])

async function start(path: string, blocks: number): Promise<Chain & { readonly client: StreamClient }> {
  const chain = await Chain.start(path)
  await chain.append(blocks)
  return Object.assign(chain, { client: await connect(near({ host: '127.0.0.1', port: chain.port })) })
}

test('every block of the stream, with all that belongs to it', async () => {
  using dir = tempDir()
  await using chain = await start(dir.join('stream.bin'), 11)
  await using client = chain.client
  expect((await collect(client.blocks({ follow: false }))).map(summary)).toEqual(ofChain(chain))
})

test('a checkpoint goes through JSON and goes on after its block, in the middle of a batch too', async () => {
  using dir = tempDir()
  await using chain = await start(dir.join('stream.bin'), 11)
  await using client = chain.client
  const blocks = await collect(client.blocks({ follow: false }))
  for (const [i, { checkpoint }] of blocks.entries()) {
    const after = JSON.parse(JSON.stringify(checkpoint))
    expect(await collect(client.blocks({ after, follow: false }))).toEqual(blocks.slice(i + 1))
  }
  expect(await client.findCommon(blocks.map(({ checkpoint }) => checkpoint))).toBe(blocks.at(-1)?.checkpoint)
})

test('from a block or a batch, to a block', async () => {
  using dir = tempDir()
  await using chain = await start(dir.join('stream.bin'), 12)
  await using client = chain.client
  const numbers = async (blocks: AsyncIterable<StreamBlock>) =>
    (await collect(blocks)).map(({ number }) => Number(number))
  expect(await numbers(client.blocks({ from: { block: 5n }, to: { block: 7 } }))).toEqual([5, 6, 7])
  expect(await numbers(client.blocks({ from: { batch: 2 }, to: { block: 9n } }))).toEqual([8, 9])
  const [first] = await collect(client.entries({ from: { block: 5 }, follow: false }))
  expect(first?.number).toBe(
    await chain.store.getBookmark(encodeSequencerEntry({ kind: 'bookmark', type: 2, value: 5n }, 'protobuf').data),
  )
  for (const from of [{ block: 12n }, { batch: 3 }]) {
    expect(await failure(collect(client.blocks({ from })))).toMatchObject({
      name: 'NotFoundError',
      code: 'FROM_NOT_FOUND',
    })
  }
  expect(await failure(collect(client.blocks({ from: { block: -1 } })))).toBeInstanceOf(RangeError)
})

test('a block that has no end is complete where the stream ends, and comes once', async () => {
  const block = (number: bigint) =>
    encodeSequencerEntry({ kind: 'l2Block', number, batchNumber: 1n, timestamp: number }, 'sequencer-2023-09')
  await using fake = await FakeServer.listen()
  fake.entries = [1n, 2n, 3n].map((number, i): Entry => ({ ...block(number), number: BigInt(i) }))
  await using client = new StreamClient(near(fake.peer))
  const options = { generation: 'sequencer-2023-09', follow: false } as const
  const blocks = await collect(client.blocks(options))
  expect(blocks.map(({ number }) => number)).toEqual([1n, 2n, 3n])
  expect(await collect(client.blocks({ ...options, after: blocks[1]?.checkpoint }))).toEqual(blocks.slice(2))
})

test('how entries are encoded is found out where the header leaves a doubt', async () => {
  await using fake = await FakeServer.listen({ header: { version: 1 } })
  const entries = (['protobuf', 'etrog'] as const).map((generation) => [
    encodeSequencerEntry({ kind: 'bookmark', type: 2, value: 7n }, generation),
    encodeSequencerEntry({ kind: 'l2Block', number: 7n, batchNumber: 1n, timestamp: 1n }, generation),
    encodeSequencerEntry({ kind: 'l2BlockEnd', number: 7n }, generation),
  ])
  for (const all of entries) {
    fake.entries = all.map((entry, i) => ({ ...entry, number: BigInt(i) }))
    await using client = new StreamClient(near(fake.peer))
    expect((await collect(client.blocks({ from: { block: 7n }, follow: false }))).map(({ number }) => number)).toEqual([
      7n,
    ])
  }
})

describe('when history is rewritten', () => {
  test('without a list it is an error, also where the last entry is the same in both histories', async () => {
    using dir = tempDir()
    await using chain = await start(dir.join('stream.bin'), 9)
    await using client = chain.client
    const blocks = client.blocks()
    let last: StreamBlock | undefined
    while (last?.number !== 8n) last = (await blocks.next()).value ?? undefined
    const end = (await chain.store.getEntry(last.lastEntryNumber)) as Entry
    const before = encodeEntry(end)
    await chain.rewrite(4, 30)
    expect(encodeEntry((await chain.store.getEntry(end.number)) as Entry)).toEqual(before)
    expect(await failure(blocks.next())).toBeInstanceOf(TruncatedError)
    expect(await failure(collect(client.blocks({ after: last.checkpoint })))).toMatchObject({ code: 'REWRITTEN' })
  })

  test('while nobody read it: back to the newest checkpoint that the stream still has, which is said first', async () => {
    using dir = tempDir()
    await using chain = await start(dir.join('stream.bin'), 100)
    await using client = chain.client
    const rows = new Rows()
    for await (const event of client.blockEvents({ after: [], follow: false })) rows.take(event)
    await chain.rewrite(50, 80)
    const kept = rows.checkpoints.filter((_, i) => i % 7 === 0)
    expect(await client.findCommon(kept)).toBe(rows.checkpoints[49])
    const events = await collect(client.blockEvents({ after: kept, follow: false }))
    const { lastEntryNumber = 0n } = rows.blocks[49] ?? {}
    expect(events[0]).toEqual({ kind: 'rewound', to: rows.checkpoints[49], nextEntry: lastEntryNumber + 1n })
    for (const event of events) rows.take(event)
    expect(rows.blocks.map(summary)).toEqual(ofChain(chain))
  })

  test('while it is read: also then', async () => {
    using dir = tempDir()
    await using chain = await start(dir.join('stream.bin'), 20)
    await using client = chain.client
    const rows = new Rows()
    const events = client.blockEvents({ after: [] })
    await rows.catchUp(events, chain)
    for (const [number, count] of [
      [20, 3],
      [19, 8],
      [4, 40],
      [1, 2],
      [2, 90],
    ] as const) {
      if (number < chain.blocks.length) await chain.rewrite(number, count)
      else await chain.append(count)
      await rows.catchUp(events, chain)
      expect(rows.blocks.map(summary)).toEqual(ofChain(chain))
    }
    expect(rows.rewound).toHaveLength(4)
  })

  test('to nothing that is known: all begins anew, or where it is said', async () => {
    using dir = tempDir()
    await using chain = await start(dir.join('stream.bin'), 10)
    await using client = chain.client
    const all = await collect(client.blocks({ follow: false }))
    await chain.rewrite(0, 12)
    const after = all.map(({ checkpoint }) => checkpoint)
    expect(await client.findCommon(after)).toBeUndefined()
    const [rewound, ...events] = await collect(client.blockEvents({ after, from: { block: 6n }, follow: false }))
    expect(rewound).toEqual({ kind: 'rewound', to: undefined, nextEntry: 0n })
    expect(events.map((event) => event.kind === 'block' && event.block.number)).toEqual([6n, 7n, 8n, 9n, 10n, 11n])
  })

  test('to a shorter stream: a checkpoint beyond the head is not held', async () => {
    using dir = tempDir()
    await using chain = await start(dir.join('stream.bin'), 10)
    await using client = chain.client
    const after = (await collect(client.blocks({ follow: false }))).map(({ checkpoint }) => checkpoint)
    await chain.rewrite(6, 0)
    expect(await client.findCommon(after.toReversed())).toBe(after[5])
    const events = await collect(client.blockEvents({ after, follow: false }))
    expect(events).toMatchObject([{ kind: 'rewound', to: after[5] }])
    const started = (await client.blockEvents({ after, signal: AbortSignal.timeout(60_000) }).next()).value
    expect(started).toEqual(events[0])
  })
})

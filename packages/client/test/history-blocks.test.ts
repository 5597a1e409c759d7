import { tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { type StreamBlock, StreamClient } from '../src/index.ts'
import { Chain } from './support/chain.ts'
import { FakeHistory } from './support/fake-history.ts'
import { collect, near } from './support/options.ts'
import { Rows } from './support/rows.ts'

const summary = ({ number, hash, forkId, transactions }: StreamBlock) => [number, hash[0], forkId, transactions.length]
const ofChain = ({ blocks }: Chain, from = 0) =>
  blocks.slice(from).map(({ number, hash }) => [BigInt(number), hash[0], 9n, number % 3])

/** A chain, and a history of its stream but for the last entries. */
async function archived(chain: Chain, but: number): Promise<FakeHistory> {
  const history = new FakeHistory({ entries: 0, batch: 7 })
  const entries = await collect(chain.store.entries({ follow: false }))
  history.has = entries.slice(0, entries.length - but).map((entry) => ({ ...entry, data: entry.data.slice() }))
  return history
}

test('blocks come of the history and of the server, wherever one ends, and from the block that is asked for', async () => {
  using dir = tempDir()
  await using chain = await Chain.start(dir.join('stream.bin'))
  await chain.append(21)
  for (const but of [0, 1, 2, 3, 9, 30]) {
    const history = await archived(chain, but)
    await using client = new StreamClient(near({ host: '127.0.0.1', port: chain.port }, { history }))
    const blocks = await collect(client.blocks({ follow: false }))
    expect(blocks.map(summary)).toEqual(ofChain(chain))
    for (const from of [3, 14, 20]) {
      const after = blocks[from - 1]?.checkpoint
      expect((await collect(client.blocks({ after, follow: false }))).map(summary)).toEqual(ofChain(chain, from))
      const there = client.blocks({ from: { block: from }, follow: false })
      expect((await collect(there)).map(summary)).toEqual(ofChain(chain, from))
    }
    expect((await collect(client.blocks({ from: { batch: 2 }, to: { block: 9 } }))).map(summary)).toEqual(
      ofChain(chain, 8).slice(0, 2),
    )
    expect(history.count('read')).toBeGreaterThan(0)
  }
})

test('a chain that was rewritten after it was archived is followed from where they part', async () => {
  using dir = tempDir()
  await using chain = await Chain.start(dir.join('stream.bin'))
  await chain.append(20)
  const history = await archived(chain, 0)
  await chain.rewrite(13, 12)
  await using client = new StreamClient(near({ host: '127.0.0.1', port: chain.port }, { history }))
  const rows = new Rows()
  for await (const event of client.blockEvents({ after: [], follow: false })) rows.take(event)
  expect(rows.blocks.map(({ number, hash }) => [number, hash[0]])).toEqual(
    chain.blocks.map(({ number, hash }) => [BigInt(number), hash[0]]),
  )
  expect(history.count('read')).toBe(1)
})

test('the fork id of a batch that began before is a question to the server', async () => {
  using dir = tempDir()
  await using chain = await Chain.start(dir.join('stream.bin'))
  await chain.append(12)
  const history = await archived(chain, 0)
  await using client = new StreamClient(near({ host: '127.0.0.1', port: chain.port }, { history }))
  const [block] = await collect(client.blocks({ from: { block: 6 }, to: { block: 6 } }))
  expect(block?.forkId).toBe(9n)
  expect(history.count('read')).toBe(1)
})

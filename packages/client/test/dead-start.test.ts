import { describe, expect, test } from 'vitest'
import { type From, StreamClient } from '../src/index.ts'
import { entriesOf, entryAt, plain } from './support/entries.ts'
import { FakeServer } from './support/fake-server.ts'
import { collect, near } from './support/options.ts'

describe('a server that accepts a start and then sends nothing that is committed later', () => {
  const starts: [name: string, entries: number, from: From, first: number][] = [
    ['at the head', 5, 5n, 5],
    ['latest', 5, 'latest', 5],
    ['at entry 0 of an empty stream', 0, 0n, 0],
    ['latest of an empty stream', 0, 'latest', 0],
    ['after the last entry', 5, { after: entryAt(4n) }, 5],
    ['before the head, so that it stops where it has caught up', 5, 2n, 2],
  ]

  test.each(starts)('%s: found out, and nothing is lost or repeated', async (_, entries, from, first) => {
    // Twice in a row: a start may meet an open operation again.
    await using fake = await FakeServer.listen({ entries, deaf: (index) => index < 2 })
    await using client = new StreamClient(near(fake.peer, { headCheckMs: 2, responseTimeoutMs: 150 }))
    const to = BigInt(entries + 3)
    const reading = collect(client.entries({ from, to }))
    await fake.received('start')
    fake.append(4)
    expect(plain(await reading)).toEqual(entriesOf(first, entries + 4))
  })
})

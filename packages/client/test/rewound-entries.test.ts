import type { Entry } from '@datastreamer/format'
import { expect, test } from 'vitest'
import { checkpointOf, type Rewound, StreamClient, type StreamEvent } from '../src/index.ts'
import { entriesOf, entryAt, plain } from './support/entries.ts'
import { FakeServer } from './support/fake-server.ts'
import { collect, failure, near } from './support/options.ts'

const at = (number: number) => checkpointOf(entryAt(BigInt(number)))

/** The entries that a consumer has who removes what a rewind names. */
class Copy {
  entries: Entry[] = []
  readonly kinds: string[] = []

  take(event: StreamEvent | Rewound): void {
    this.kinds.push(event.kind)
    if (event.kind === 'rewound') this.entries.length = Number(event.nextEntry)
    else if (event.kind === 'entries') this.entries.push(...plain(event.entries))
  }

  async upTo(events: AsyncIterator<StreamEvent | Rewound>, total: number): Promise<void> {
    while (this.kinds.at(-1) !== 'entries' || this.entries.length < total) {
      const { value } = await events.next()
      if (value !== undefined) this.take(value)
    }
  }
}

test('after the newest checkpoint of a list that the stream still has, which is said first', async () => {
  await using fake = await FakeServer.listen({ entries: 20 })
  await using client = new StreamClient(near(fake.peer))
  fake.entries.splice(8, 12, ...entriesOf(8, 30, 7))
  expect(await client.findCommon([at(3), at(7), at(12), at(25), at(99)])).toBe(at(7))
  const events = await collect(client.events({ from: { after: [at(12), at(7), at(3)] }, follow: false }))
  expect(events[0]).toEqual({ kind: 'rewound', to: at(7), nextEntry: 8n })
  const entries = events.flatMap((event) => (event.kind === 'entries' ? event.entries : []))
  expect(plain(entries)).toEqual(entriesOf(8, 30, 7))
})

test('nothing is said where the newest is held, or there is none', async () => {
  await using fake = await FakeServer.listen({ entries: 20 })
  await using client = new StreamClient(near(fake.peer))
  for (const [after, first] of [
    [[at(3), at(17)], 18],
    [[], 0],
  ] as const) {
    const copy = new Copy()
    for await (const event of client.events({ from: { after }, follow: false })) copy.take(event)
    expect(copy.kinds).toEqual(['connected', 'entries'])
    expect(copy.entries).toEqual(entriesOf(first, 20))
  }
})

test('while it runs, a rewind goes back to what was delivered since', async () => {
  await using fake = await FakeServer.listen({ entries: 20 })
  await using client = new StreamClient(near(fake.peer))
  const copy = new Copy()
  const events = client.events({ from: { after: [] } })
  await copy.upTo(events, 20)
  fake.append(15)
  await copy.upTo(events, 35)
  fake.entries.splice(30, 5, ...entriesOf(30, 50, 7))
  for (const { socket } of fake.peer.connections) socket.destroy()
  await copy.upTo(events, 50)
  expect(copy.entries).toEqual([...entriesOf(0, 30), ...entriesOf(30, 50, 7)])
  expect(copy.kinds.slice(-4)).toEqual(['disconnected', 'rewound', 'connected', 'entries'])
})

test('a stream that is another one at every look ends the iteration', async () => {
  await using fake = await FakeServer.listen({ entries: 20 })
  await using client = new StreamClient(near(fake.peer))
  // Look-ups are answered by one history, starts by another.
  fake.lookedUp = entriesOf(0, 20)
  fake.entries = entriesOf(0, 20, 7)
  const iteration = collect(client.events({ from: { after: [at(12)] } }))
  expect(await failure(iteration)).toMatchObject({ name: 'TruncatedError', code: 'REWRITTEN' })
  expect(fake.commands.flat().filter((name) => name === 'start')).toHaveLength(4)
})

test('who cannot hear of a rewind takes no list', async () => {
  await using fake = await FakeServer.listen({ entries: 20 })
  await using client = new StreamClient(near(fake.peer))
  const from = JSON.parse(JSON.stringify({ after: [at(3)] }))
  expect(await failure(collect(client.entries({ from })))).toBeInstanceOf(TypeError)
  expect(await failure(collect(client.batches({ from })))).toBeInstanceOf(TypeError)
  expect(await failure(collect(client.entries({ from: { after: 'nothing' } })))).toBeInstanceOf(TypeError)
})

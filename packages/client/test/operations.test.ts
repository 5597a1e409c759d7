import { tempDir } from '@datastreamer/fixtures'
import type { EntriesOptions, OperationEvent } from '@datastreamer/format'
import { StreamServer } from '@datastreamer/server'
import { openStore, type StreamStore } from '@datastreamer/store'
import { MemoryIndex } from '@datastreamer/store/log'
import { expect, test } from 'vitest'
import { StreamClient } from '../src/index.ts'
import { FakeServer } from './support/fake-server.ts'
import { near } from './support/options.ts'

/** Numbers of entries, `|5` for a boundary before entry 5, `?5` where boundaries are unknown from there on. */
async function operationsOf(client: StreamClient, options: EntriesOptions): Promise<string> {
  const found: string[] = []
  for await (const event of client.operations(options)) found.push(text(event))
  return found.join(' ')
}

function text(event: OperationEvent): string {
  if (event.kind === 'operationBoundary') return `${event.gap ? '?' : '|'}${event.nextEntry}`
  return event.entries.map(({ number }) => number).join(' ')
}

async function commit(store: StreamStore, ...sizes: readonly number[]): Promise<void> {
  for (const size of sizes) {
    await store.atomic((operation) => {
      for (let i = 0; i < size; i++) operation.addEntry(1, new Uint8Array(size))
    })
  }
}

test('operations come with the boundaries of the server, and end at one', async () => {
  using dir = tempDir()
  const file = dir.join('stream.bin')
  await using store = await openStore({ file, index: new MemoryIndex(), fsync: 'never' })
  await commit(store, 3, 2)
  await using server = new StreamServer({ store })
  await server.listen({ port: 0 })
  if (server.address === undefined) throw new Error('not listening')
  await using client = new StreamClient(near(server.address))
  expect(await operationsOf(client, { follow: false })).toBe('|0 0 1 2 3 4 |5')
  expect(await operationsOf(client, { from: 5n, follow: false })).toBe('|5')
  expect(await operationsOf(client, { from: 1n, to: 3n })).toBe('1 2 3')
  expect(await operationsOf(client, { types: [7], follow: false })).toBe('|0 |5')
  const live = client.operations({ from: 3n })
  const next = async (): Promise<string> => {
    const { value } = await live.next()
    return value === undefined ? 'done' : text(value)
  }
  expect([await next(), await next(), await next()]).toEqual(['|3', '3 4', '|5'])
  await commit(store, 2)
  expect([await next(), await next()]).toEqual(['5 6', '|7'])
  await live.return()
})

test('of a server that sends none only the head at which reading ends is a boundary', async () => {
  await using fake = await FakeServer.listen({ entries: 5, unknown: ['operationBoundaries'] })
  await using client = new StreamClient(near(fake.peer))
  expect(await operationsOf(client, { follow: false })).toBe('?0 0 1 2 3 4 |5')
  expect(await operationsOf(client, { from: 2n, to: 3n })).toBe('?2 2 3')
})

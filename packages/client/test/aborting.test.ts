import { expect, test } from 'vitest'
import { StreamClient } from '../src/index.ts'
import { entriesOf, plain } from './support/entries.ts'
import { FakeServer } from './support/fake-server.ts'
import { collect, failure, near } from './support/options.ts'

const reason = new Error('enough')

test('a signal ends a waiting loop without an error where that is asked for', async () => {
  await using fake = await FakeServer.listen({ entries: 3 })
  await using client = new StreamClient(near(fake.peer))
  for (const onAbort of ['return', 'throw'] as const) {
    const controller = new AbortController()
    const read: bigint[] = []
    const reading = (async () => {
      for await (const { number } of client.entries({ signal: controller.signal, onAbort })) {
        if (read.push(number) === 3) setImmediate(() => controller.abort(reason))
      }
    })()
    if (onAbort === 'return') await reading
    else expect(await failure(reading)).toBe(reason)
    expect(read).toEqual([0n, 1n, 2n])
  }
})

test('nothing comes after the signal, also of what was received', async () => {
  await using fake = await FakeServer.listen({ entries: 3 })
  await using client = new StreamClient(near(fake.peer))
  const controller = new AbortController()
  const entries = client.entries({ signal: controller.signal, onAbort: 'return' })
  const { value } = await entries.next()
  expect(plain([value ?? entriesOf(9, 10)].flat())).toEqual(entriesOf(0, 1))
  controller.abort(reason)
  expect(await collect(entries)).toEqual([])
  const late = client.entries({ signal: controller.signal, onAbort: 'return' })
  expect(await collect(late)).toEqual([])
  expect(fake.peer.connections).toHaveLength(1)
})

test('the signal of the client, and closing it, do the same', async () => {
  await using fake = await FakeServer.listen({ entries: 3 })
  const controller = new AbortController()
  const clients = [new StreamClient(near(fake.peer)), new StreamClient(near(fake.peer, { signal: controller.signal }))]
  const reading = clients.map((client) => collect(client.batches({ onAbort: 'return' })))
  await fake.received('start', 2)
  await clients[0]?.close()
  controller.abort(reason)
  expect(await Promise.all(reading)).toHaveLength(2)
  await clients[1]?.close()
})

test('an error that is not the signal is thrown', async () => {
  await using fake = await FakeServer.listen({ entries: 3 })
  await using client = new StreamClient(near(fake.peer))
  const { signal } = new AbortController()
  const options = { from: 9, follow: false, signal, onAbort: 'return' } as const
  expect(await failure(collect(client.entries(options)))).toMatchObject({ code: 'FROM_NOT_FOUND' })
})

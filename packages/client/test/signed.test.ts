import { tempDir } from '@datastreamer/fixtures'
import { afterAll, expect, test } from 'vitest'
import { StreamClient } from '../src/index.ts'
import { collect, near } from './support/options.ts'
import { publicText, SignedServer } from './support/signed-server.ts'

const folder = tempDir()
afterAll(() => folder[Symbol.dispose]())

test('a signed stream is delivered, from its beginning and live', async () => {
  await using server = await SignedServer.start(folder.join('live.bin'))
  await server.commit(5000, { bytes: 1000, each: 50 })
  await server.granted()
  await using client = new StreamClient(near(server, { publicKey: await publicText(1) }))
  const entries = await collect(client.entries({ follow: false }))
  expect(entries.length).toBe(5000)
  const live: bigint[] = []
  for await (const event of client.events({ from: 4990n })) {
    if (event.kind === 'connected') await server.commit(3)
    if (event.kind === 'entries') for (const { number } of event.entries) live.push(number)
    if (event.kind === 'signed' && event.nextEntry === 5003n) break
  }
  expect(live).toEqual(Array.from({ length: 13 }, (_, i) => 4990n + BigInt(i)))
})

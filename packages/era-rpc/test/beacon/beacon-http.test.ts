import { openLocation } from '@datastreamer/e2store/node'
import { expect, test } from 'vitest'
import { serveBeacon } from './support/beacon-server.ts'
import { CLIENTS } from './support/checkpoint-sync.ts'
import { OWN_NETWORK, ownChain, SLOTS } from './support/own-chain.ts'
import { serveStatic } from './support/static-server.ts'

test('over a web server: every client starts, few requests are made', async () => {
  const chain = await ownChain({ isEmpty: (slot) => slot % 11 === 6 })
  await using files = await serveStatic(chain.files)
  await using location = await openLocation(files.url)
  await using server = await serveBeacon(location, { network: OWN_NETWORK })
  for (const start of Object.values(CLIENTS)) {
    const { stateRoot } = await start(server.get)
    expect(stateRoot).toBe(`0x${Buffer.from(chain.states[4]?.root ?? []).toString('hex')}`)
  }
  expect(server.faults).toEqual([])
  const before = files.ranges.length
  // Of a block whose era was read: its record alone.
  expect((await server.get(`/eth/v2/beacon/blocks/${3 * SLOTS + 2}`, 'application/octet-stream')).status).toBe(200)
  expect(files.ranges.length - before).toBeLessThanOrEqual(2)
})

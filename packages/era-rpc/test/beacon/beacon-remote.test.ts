import { writeFileSync } from 'node:fs'
import { type Location, s3Location } from '@datastreamer/e2store/location'
import { openLocation } from '@datastreamer/e2store/node'
import { hasNginx, S3_KEYS, startNginx, startS3, tempDir } from '@datastreamer/fixtures'
import { beforeAll, expect, test } from 'vitest'
import { bytesOf, serveBeacon } from './support/beacon-server.ts'
import { CLIENTS } from './support/checkpoint-sync.ts'
import { OWN_NETWORK, type OwnChain, ownChain } from './support/own-chain.ts'

let chain: OwnChain
beforeAll(async () => {
  chain = await ownChain({ eras: 3, isEmpty: (slot) => slot % 11 === 6 })
})

/** Every client starts, and all blocks are those of the chain. */
async function checkBeacon(location: Location): Promise<void> {
  await using server = await serveBeacon(location, { network: OWN_NETWORK })
  const newest = chain.states.at(-1)
  // Clients start from the state before it, which is final.
  const final = chain.states.at(-2)
  for (const start of Object.values(CLIENTS)) {
    const { stateRoot } = await start(server.get)
    expect(stateRoot).toBe(`0x${Buffer.from(final?.root ?? []).toString('hex')}`)
  }
  let asked = 0
  for (const { slot, ssz } of chain.blocks.values()) {
    if (newest === undefined || slot >= newest.slot) continue
    const answer = await server.get(`/eth/v2/beacon/blocks/${slot}`, 'application/octet-stream')
    expect(await bytesOf(answer), `block ${slot}`).toEqual(ssz)
    asked++
  }
  expect(asked).toBeGreaterThan(150)
  expect(server.faults).toEqual([])
}

test.skipIf(!hasNginx())('era files of a web server are served', async () => {
  using dir = tempDir()
  for (const [name, bytes] of chain.files) writeFileSync(dir.join(name), bytes)
  await using nginx = await startNginx(dir.path, 'autoindex on;')
  await using location = await openLocation(nginx.url)
  await checkBeacon(location)
})

test('era files of a bucket are served', async () => {
  await using bucket = await startS3()
  for (const [name, bytes] of chain.files) await bucket.put(`eras/${name}`, bytes)
  await using location = s3Location('s3://history/eras', { endpoint: bucket.endpoint, credentials: S3_KEYS })
  await checkBeacon(location)
})

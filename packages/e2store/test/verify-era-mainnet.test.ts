import { hasVectors, readVector } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { fromBytes, openEra } from '../src/index.ts'
import { toHex } from '../src/io/little-endian.ts'
import { BEACON_NETWORKS, forkAt, verifyEraFully } from '../src/verify-era.ts'

describe.skipIf(!hasVectors('e2store'))('a chain with the mainnet preset', () => {
  test('the Sepolia genesis state has its root', async () => {
    const file = await openEra(fromBytes(new Uint8Array(readVector('e2store', 'sepolia-00000-d8ea171f.era.gz'))))
    const report = await verifyEraFully(file, { network: BEACON_NETWORKS.sepolia, name: 'sepolia-00000-d8ea171f.era' })
    expect(toHex(report.stateRoot)).toBe('fb9afe32150fa39f4b346be2519a67e2a4f5efcd50a1dc192c3f6b3d013d2798')
    await expect(verifyEraFully(file, { network: BEACON_NETWORKS.mainnet })).rejects.toMatchObject({
      code: 'WRONG_NETWORK',
    })
  })
})

test('forks have the versions that their networks give them', () => {
  const version = (name: keyof typeof BEACON_NETWORKS, epoch: bigint, slotsPerEpoch = 32n): string =>
    forkAt(BEACON_NETWORKS[name], epoch * slotsPerEpoch).version
  expect([version('mainnet', 0n), version('mainnet', 194_048n)]).toEqual(['00000000', '03000000'])
  expect([version('sepolia', 49n), version('sepolia', 50n), version('sepolia', 272_640n)]).toEqual([
    '90000069',
    '90000070',
    '90000075',
  ])
  expect([version('hoodi', 0n), version('hoodi', 2048n)]).toEqual(['50000910', '60000910'])
  expect([version('gnosis', 511n, 16n), version('gnosis', 512n, 16n)]).toEqual(['00000064', '01000064'])
})

import { hasVectors, readVector } from '@datastreamer/fixtures'
import { ssz } from '@lodestar/types'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { describe, expect, test } from 'vitest'
import { EraWriter } from '../src/era.ts'
import { fromBytes, openEra, toBytes } from '../src/index.ts'
import { toHex } from '../src/io/bytes.ts'
import { proposerSigningRoot } from '../src/verify-era/signature.ts'
import { BEACON_NETWORKS, type BeaconNetwork, forkAt, nobleBls, verifyEraFully } from '../src/verify-era.ts'

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
  expect([version('holesky', 0n), version('holesky', 256n), version('holesky', 165_120n)]).toEqual([
    '03017000',
    '04017000',
    '07017000',
  ])
  expect([version('chiado', 89n, 16n), version('chiado', 1_353_216n, 16n)]).toEqual(['0000006f', '0600006f'])
  expect([version('gnosis', 511n, 16n), version('gnosis', 512n, 16n)]).toEqual(['00000064', '01000064'])
})

test('an era of an empty genesis state is verified by its root', async () => {
  const state = ssz.phase0.BeaconState.defaultValue()
  state.genesisValidatorsRoot = new Uint8Array(32).fill(7)
  const sink = toBytes()
  const writer = await EraWriter.begin(sink, { era: 0n, slotsPerEra: 8192 })
  await writer.finish(ssz.phase0.BeaconState.serialize(state))
  const network: BeaconNetwork = {
    config: 'empty',
    preset: 'mainnet',
    genesisValidatorsRoot: '07'.repeat(32),
    forks: [{ name: 'phase0', epoch: 0n, version: '00000000' }],
  }
  const stateRoot = ssz.phase0.BeaconState.hashTreeRoot(state)
  const file = await openEra(fromBytes(sink.bytes()))
  expect(await verifyEraFully(file, { network, stateRoot })).toMatchObject({ stateRoot, signatures: 0 })
  const other = verifyEraFully(file, { network, stateRoot: new Uint8Array(32) })
  await expect(other).rejects.toMatchObject({ code: 'WRONG_ROOT', position: 8 })
})

test('what a proposer signs is the root of the block with its domain', () => {
  const [blockRoot, genesisValidatorsRoot] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
  const version = Uint8Array.of(1, 2, 3, 4)
  const forkData = ssz.phase0.ForkData.hashTreeRoot({ currentVersion: version, genesisValidatorsRoot })
  const domain = Uint8Array.of(0, 0, 0, 0, ...forkData.subarray(0, 28))
  const expected = ssz.phase0.SigningData.hashTreeRoot({ objectRoot: blockRoot, domain })
  expect(proposerSigningRoot(blockRoot, version, genesisValidatorsRoot)).toEqual(expected)
})

test('a signature is right for its key and its message only', async () => {
  const bls = bls12_381.longSignatures
  const secret = new Uint8Array(32).fill(3)
  const message = new Uint8Array(32).fill(4)
  const key = bls.getPublicKey(secret).toBytes()
  const suite = 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_'
  const signature = bls.Signature.toBytes(bls.sign(bls.hash(message, suite), secret))
  const verify = await nobleBls()
  expect(await verify(key, message, signature)).toBe(true)
  expect(await verify(key, message.slice().fill(5), signature)).toBe(false)
  expect(await verify(bls.getPublicKey(message).toBytes(), message, signature)).toBe(false)
  expect(await verify(key, message, new Uint8Array(96))).toBe(false)
})

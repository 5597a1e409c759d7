import { expect, test } from 'vitest'
import { knownNetwork, parseNetworkConfig } from './network.ts'

test('the configuration of a network, as consensus clients read it', () => {
  const network = parseNetworkConfig(`\uFEFF# a comment
PRESET_BASE: 'minimal'
CONFIG_NAME: "devnet-1" # its name
GENESIS_FORK_VERSION: 0x10000038
ALTAIR_FORK_VERSION: 0x20000038
ALTAIR_FORK_EPOCH: 0
DENEB_FORK_EPOCH: 18446744073709551615
DENEB_FORK_VERSION: 0x50000038
SECONDS_PER_SLOT: 6
BLOB_SCHEDULE:
  - EPOCH: 1
    MAX_BLOBS_PER_BLOCK: 12
`)
  expect(network).toMatchObject({
    config: 'devnet-1',
    preset: 'minimal',
    forks: [
      { name: 'phase0', epoch: 0n, version: '10000038' },
      { name: 'altair', epoch: 0n, version: '20000038' },
    ],
    values: { SECONDS_PER_SLOT: '6' },
  })
})

test.each([
  ['no preset', 'CONFIG_NAME: x', 'no PRESET_BASE'],
  ['a preset that nobody has', 'PRESET_BASE: huge', 'PRESET_BASE huge, expected mainnet, minimal, gnosis'],
  ['no name', 'PRESET_BASE: minimal\nGENESIS_FORK_VERSION: 0x00000000', 'no CONFIG_NAME'],
  [
    'a version of three bytes',
    'PRESET_BASE: minimal\nCONFIG_NAME: x\nGENESIS_FORK_VERSION: 0x000000',
    'version 0x000000',
  ],
  ['something else', '{"json": true}', 'no PRESET_BASE'],
])('%s is refused', (_, text, message) => {
  expect(() => parseNetworkConfig(text)).toThrow(
    expect.objectContaining({ code: 'BAD_CONFIG', message: expect.stringContaining(message) }),
  )
})

test('networks that are built in', () => {
  expect(knownNetwork('mainnet')?.values).toMatchObject({ SECONDS_PER_SLOT: '12', DEPOSIT_CHAIN_ID: '1' })
  expect(knownNetwork('devnet-1')).toBeUndefined()
})

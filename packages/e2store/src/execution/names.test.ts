import { describe, expect, test } from 'vitest'
import {
  formatExecutionArchiveName,
  formatSnapshotName,
  parseExecutionArchiveName,
  parseSnapshotName,
} from './names.ts'

describe('names', () => {
  test.each([
    ['mainnet-00000-5ec1ffb8.era1', { kind: 'era1', network: 'mainnet', era: 0, id: '5ec1ffb8', profile: [] }],
    ['my-net-00012-deadbeef.e2hs', { kind: 'e2hs', network: 'my-net', era: 12, id: 'deadbeef', profile: [] }],
    [
      'a-00001-00000001-00002-0a0b0c0d.ere',
      { kind: 'ere', network: 'a-00001-00000001', era: 2, id: '0a0b0c0d', profile: [] },
    ],
    [
      'x-123456-a6860fef-noproofs.ere',
      { kind: 'ere', network: 'x', era: 123_456, id: 'a6860fef', profile: ['noproofs'] },
    ],
    [
      'x-00001-a6860fef-noproofs-noreceipts.ere',
      { kind: 'ere', network: 'x', era: 1, id: 'a6860fef', profile: ['noproofs', 'noreceipts'] },
    ],
    [
      'mainnet-00000-00001-5ec1ffb8.era1',
      { kind: 'era1', network: 'mainnet', era: 0, count: 1, id: '5ec1ffb8', profile: [] },
    ],
    [
      'op-sepolia-123456-00002-00000000-noproofs.ere',
      { kind: 'ere', network: 'op-sepolia', era: 123_456, count: 2, id: '00000000', profile: ['noproofs'] },
    ],
    [
      'mainnet-00001-00000-5ec1ffb8.era1',
      { kind: 'era1', network: 'mainnet-00001', era: 0, id: '5ec1ffb8', profile: [] },
    ],
  ] as const)('%s', (text, name) => {
    expect(parseExecutionArchiveName(text)).toEqual(name)
    expect(formatExecutionArchiveName(name)).toBe(text)
  })

  test('.erae is another name for .ere; profiles are written in alphabetical order', () => {
    const name = parseExecutionArchiveName('x-00001-a6860fef-noreceipts.erae')
    expect(name).toMatchObject({ kind: 'ere', profile: ['noreceipts'] })
    expect(
      formatExecutionArchiveName({
        kind: 'ere',
        network: 'x',
        era: 1,
        id: '00000000',
        profile: ['noreceipts', 'noproofs'],
      }),
    ).toBe('x-00001-00000000-noproofs-noreceipts.ere')
  })

  test.each([
    '',
    'mainnet-0000-5ec1ffb8.era1',
    'mainnet-00000-5ec1ffb.era1',
    'mainnet-00000-5EC1FFB8.era1',
    'mainnet-00000-5ec1ffb8.era',
    'mainnet-00000-5ec1ffb8-noproofs.era1',
    'x-00001-a6860fef-noreceipts-noproofs.ere',
    `${'x'.repeat(300)}-00001-a6860fef.ere`,
    '-00001-a6860fef.ere',
  ])('%j is none', (text) => {
    expect(parseExecutionArchiveName(text)).toBeUndefined()
  })

  test.each(['../x', '/x', 'a\\b', 'a\0b', 'a\nb', ''])('a network cannot be %j', (network) => {
    const parts = { kind: 'era1', network, era: 0, id: '5ec1ffb8', profile: [] } as const
    expect(() => formatExecutionArchiveName(parts)).toThrow(RangeError)
    expect(parseExecutionArchiveName(`${network}-00000-5ec1ffb8.era1`)).toBeUndefined()
    expect(() => formatSnapshotName({ network, block: 1n, id: '5eb6e371' })).toThrow(RangeError)
    expect(parseSnapshotName(`${network}-0000000001-5eb6e371.e2ss`)).toBeUndefined()
  })

  test('of snapshots', () => {
    const name = { network: 'sepolia', block: 123n, id: '5eb6e371' }
    expect(formatSnapshotName(name)).toBe('sepolia-0000000123-5eb6e371.e2ss')
    expect(parseSnapshotName('sepolia-0000000123-5eb6e371.e2ss')).toEqual(name)
    expect(parseSnapshotName('sepolia-123-5eb6e371.e2ss')).toEqual(name)
    expect(parseSnapshotName('sepolia-x-5eb6e371.e2ss')).toBeUndefined()
    expect(parseSnapshotName(`${'9'.repeat(300)}-1-5eb6e371.e2ss`)).toBeUndefined()
  })
})

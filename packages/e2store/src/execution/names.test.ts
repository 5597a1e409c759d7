import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { fromBytes } from '../io/byte-source.ts'
import { checksumOf, findChecksum, formatChecksums, parseChecksums } from './checksums.ts'
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

describe('checksums', () => {
  const [a, b] = ['a1'.repeat(32), 'b2'.repeat(32)]

  test('with names, in any form in which they are written', () => {
    const list = parseChecksums(`${a}  one.era1\n0x${b.toUpperCase()} *two.era1\r\n\n`)
    expect(list).toEqual([
      { sha256: a, name: 'one.era1' },
      { sha256: b, name: 'two.era1' },
    ])
    expect(formatChecksums(list)).toBe(`${a}  one.era1\n${b}  two.era1\n`)
    expect(findChecksum(list, 'two.era1', 0)?.sha256).toBe(b)
    expect(findChecksum(list, 'three.era1', 0)).toBeUndefined()
  })

  test('of files of any size', async () => {
    for (const size of [0, 1, 1_048_576, 2_500_000]) {
      const bytes = new Uint8Array(size).map((_, i) => i * 31)
      const expected = createHash('sha256').update(bytes).digest('hex')
      expect(await checksumOf(fromBytes(bytes))).toBe(expected)
      expect(await checksumOf(fromBytes(bytes), createHash('sha256'))).toBe(expected)
    }
  })

  test('without names, by line', () => {
    const list = parseChecksums(`0x${a}\n${b}\n`)
    expect(formatChecksums(list)).toBe(`${a}\n${b}\n`)
    expect(findChecksum(list, 'any.era1', 1)?.sha256).toBe(b)
    expect(findChecksum(list, 'any.era1', 2)).toBeUndefined()
    expect(parseChecksums('')).toEqual([])
  })

  test.each([
    ['no hash', 'hello'],
    ['a hash too short', a.slice(2)],
    ['an empty line in between', `${a}\n\n${b}`],
    ['a name with a folder', `${a}  ../one.era1`],
    ['two names', `${a}  one two`],
  ])('%s is refused', (_, text) => {
    expect(() => parseChecksums(text)).toThrow(RangeError)
  })
})

import { expect, test } from 'vitest'
import { tinyChain } from '../../test/support/tiny-chain.ts'
import { fromBytes } from '../io/byte-source.ts'
import { concatBytes, toHex } from '../io/bytes.ts'
import { openEra } from './era-file.ts'
import { eraNameOf, formatEraName, parseEraName, parseLegacyEraName } from './name.ts'
import { blockHeaderRoot } from './roots.ts'
import { verifyEra } from './verify-era.ts'

test('names are written and read', () => {
  expect(formatEraName({ config: 'mainnet', era: 0n, root: '4b363db94e' })).toBe('mainnet-00000-4b363db9.era')
  expect(parseEraName('mainnet-00000-4b363db9.era')).toEqual({ config: 'mainnet', era: 0n, root: '4b363db9' })
  expect(parseEraName('my-net-123456-4b363db9.era')).toEqual({ config: 'my-net', era: 123_456n, root: '4b363db9' })
})

test.each([
  'mainnet-0000-4b363db9.era',
  'mainnet-00000-4b363db.era',
  '-00000-4b363db9.era1',
  'mainnet-00000-4B363DB9.era',
])('%s is no name', (name) => expect(parseEraName(name)).toBeUndefined())

test.each(['../x', '/x', 'a\\b', 'a\0b', 'a\nb', ''])('a network cannot be %j', (config) => {
  expect(() => formatEraName({ config, era: 0n, root: '4b363db9' })).toThrow(RangeError)
  expect(parseEraName(`${config}-00000-4b363db9.era`)).toBeUndefined()
  expect(parseLegacyEraName(`eth2-${config}-0000001f-00000002.era`)).toBeUndefined()
  expect(parseLegacyEraName(`${config}-00031-00002-4b363db9.era`)).toBeUndefined()
})

test('the names of earlier years are read', () => {
  expect(parseLegacyEraName('eth2-mainnet-0000001f-00000002.era')).toEqual({ config: 'mainnet', era: 31n, count: 2n })
  expect(parseLegacyEraName('mainnet-00031-00002-4b363db9.era')).toEqual({
    config: 'mainnet',
    era: 30n,
    count: 2n,
    root: '4b363db9',
  })
  expect(parseLegacyEraName('mainnet-00000-4b363db9.era')).toBeUndefined()
})

test('a name comes from the content, and one that does not fit is refused', async () => {
  const { files, genesisValidatorsRoot } = await tinyChain(2)
  const [genesis, first] = files as [Uint8Array, Uint8Array]
  const alone = await openEra(fromBytes(genesis))
  expect(await eraNameOf(alone, 'tiny')).toBe(`tiny-00000-${toHex(genesisValidatorsRoot.subarray(0, 4))}.era`)
  const both = await openEra(fromBytes(concatBytes([genesis, first])))
  const name = await eraNameOf(both, 'tiny')
  expect((await verifyEra(both, { name })).eraRoot.subarray(0, 4)).toEqual(
    Uint8Array.from(Buffer.from(parseEraName(name)?.root ?? '', 'hex')),
  )
  for (const wrong of [name.replace('00000', '00001'), 'tiny-00000-00000000.era', 'tiny.era']) {
    await expect(verifyEra(both, { name: wrong })).rejects.toMatchObject({ code: 'WRONG_NAME' })
  }
})

test('golden: the root of a header of zeros', () => {
  expect(toHex(blockHeaderRoot(new Uint8Array(112)))).toBe(
    'c78009fdf07fc56a11f122370658a353aaa542ed63e44c4bc15ff4cd105ab33c',
  )
})

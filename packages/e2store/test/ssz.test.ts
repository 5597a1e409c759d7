import { hasVectors, readVector } from '@datastreamer/fixtures'
import { beforeAll, describe, expect, test } from 'vitest'
import { fromBytes, openEra } from '../src/index.ts'
import { toHex } from '../src/io/bytes.ts'
import { LeafHasher, reduceLeaves } from '../src/ssz/leaf-hasher.ts'
import {
  beaconTypes,
  defaultValue,
  EVERY_PRESET,
  fixedPart,
  hashTreeRoot,
  SSZ_FORKS,
  SSZ_PRESETS,
  type SszFork,
  type SszType,
  StateReader,
  sszJson,
} from '../src/ssz.ts'
import { forkAt, lodestarSsz } from '../src/verify-era.ts'
import { type MiniFacts, miniNetwork } from './support/mini.ts'
import { randomValue, seeded } from './support/random-ssz.ts'

/** The parts of a type of `@lodestar/types` that are compared. */
interface TheirType {
  deserialize(ssz: Uint8Array): unknown
  hashTreeRoot(value: unknown): Uint8Array
  toJson(value: unknown): unknown
  defaultValue(): unknown
  serialize(value: unknown): Uint8Array
}

let theirs: Record<SszFork, { SignedBeaconBlock: TheirType; BeaconState: TheirType; BeaconBlockBody: TheirType }>
beforeAll(async () => {
  await lodestarSsz('minimal')
  theirs = (await import('@lodestar/types')).ssz as unknown as typeof theirs
})

function streamed(type: SszType, ssz: Uint8Array, chunkBytes: number, keep: readonly string[] = []) {
  if (type.kind !== 'container') throw new Error('a container')
  const reader = new StateReader(type, keep)
  for (let at = 0; at < ssz.length; at += chunkBytes) reader.push(ssz.subarray(at, at + chunkBytes))
  return reader.finish()
}

test.each(['mainnet', 'minimal', 'gnosis'] as const)('the constants of preset %s', async (name) => {
  const modules = await Promise.all([
    import('@lodestar/params/presets/mainnet'),
    import('@lodestar/params/presets/minimal'),
    import('@lodestar/params/presets/gnosis'),
  ])
  const all: Record<string, unknown> = Object.assign({}, ...modules)
  expect(all[`${name}Preset`]).toMatchObject({ ...EVERY_PRESET, ...SSZ_PRESETS[name] })
})

describe.each(SSZ_FORKS)('%s', (fork) => {
  const types = beaconTypes('minimal', fork)
  const random = seeded(SSZ_FORKS.indexOf(fork) + 1)

  test('random blocks: roots and JSON are those of another library', () => {
    for (let i = 0; i < 20; i++) {
      const ssz = randomValue(types.signed, random)
      const value = theirs[fork].SignedBeaconBlock.deserialize(ssz)
      expect(toHex(hashTreeRoot(types.signed, ssz))).toBe(toHex(theirs[fork].SignedBeaconBlock.hashTreeRoot(value)))
      // It writes addresses in checksum case.
      const json = JSON.stringify(theirs[fork].SignedBeaconBlock.toJson(value)).toLowerCase()
      expect(sszJson(types.signed, ssz)).toEqual(JSON.parse(json))
    }
  })

  test('random states: roots are those of another library, also in chunks', () => {
    for (let i = 0; i < 5; i++) {
      const ssz = randomValue(types.state, random)
      const value = theirs[fork].BeaconState.deserialize(ssz)
      const root = toHex(theirs[fork].BeaconState.hashTreeRoot(value))
      expect(toHex(hashTreeRoot(types.state, ssz))).toBe(root)
      expect(streamed(types.state, ssz, 1 + Math.floor(random() * 5000))).toMatchObject({ length: ssz.length })
      expect(toHex(streamed(types.state, ssz, 997).root)).toBe(root)
    }
  })

  test('default values', () => {
    expect(defaultValue(types.body)).toEqual(
      theirs[fork].BeaconBlockBody.serialize(theirs[fork].BeaconBlockBody.defaultValue()),
    )
  })

  test('an incomplete state is refused, also in chunks', () => {
    const ssz = randomValue(types.state, random)
    for (const bytes of [fixedPart(types.state).size - 1, 100, 0].map((length) => ssz.subarray(0, length))) {
      expect(() => hashTreeRoot(types.state, bytes)).toThrow(expect.objectContaining({ code: 'BAD_SSZ' }))
      expect(() => streamed(types.state, bytes, 4096)).toThrow(expect.objectContaining({ code: 'BAD_SSZ' }))
    }
  })
})

test('what a state keeps', () => {
  const { state } = beaconTypes('minimal', 'electra')
  const ssz = randomValue(state, seeded(7))
  const { kept, fixed } = streamed(state, ssz, 64, ['historical_summaries'])
  expect([...kept.keys()]).toEqual(['historical_summaries'])
  expect(fixed).toEqual(ssz.subarray(0, fixed.length))
})

test('a list of many elements, in chunks', () => {
  const type: SszType = {
    kind: 'container',
    fields: [['values', { kind: 'list', of: { kind: 'bytes', length: 48 }, limit: 2 ** 20 }]],
  }
  const values = Uint8Array.from({ length: 48 * 5000 }, (_, i) => (i * 31) % 251)
  const ssz = new Uint8Array([4, 0, 0, 0, ...values])
  expect(streamed(type, ssz, 10_007).root).toEqual(hashTreeRoot(type, ssz))
})

test.each([0, 1, 2, 3, 2047, 2048, 2049, 4096, 5000, 8192])('%i leaves, all at once and one by one', (count) => {
  const leaves = Uint8Array.from({ length: 32 * count }, (_, i) => (i * 7) % 253)
  const hasher = new LeafHasher(20)
  for (let at = 0; at < leaves.length; at += 32 * 3) hasher.push(leaves.subarray(at, at + 32 * 3))
  expect(hasher.root()).toEqual(reduceLeaves(leaves.slice(), 20))
})

test.each<[string, SszType, readonly number[]]>([
  ['a boolean of 2', { kind: 'boolean' }, [2]],
  ['a bit past the end of a bitvector', { kind: 'bitvector', length: 4 }, [0x10]],
  ['a bitlist without its last bit', { kind: 'bitlist', limit: 8 }, [0]],
  ['a bitlist that is too long', { kind: 'bitlist', limit: 8 }, [0, 0x04]],
  ['no bytes of a bitlist', { kind: 'bitlist', limit: 8 }, []],
  ['a list that is too long', { kind: 'list', of: { kind: 'uint', bytes: 1 }, limit: 2 }, [1, 2, 3]],
  ['half an element', { kind: 'list', of: { kind: 'uint', bytes: 8 }, limit: 2 }, [1, 2, 3]],
  ['bytes that are too many', { kind: 'byteList', limit: 2 }, [1, 2, 3]],
  ['an offset of 0', { kind: 'list', of: { kind: 'byteList', limit: 2 }, limit: 4 }, [0, 0, 0, 0]],
  ['an offset past the end', { kind: 'list', of: { kind: 'byteList', limit: 2 }, limit: 4 }, [8, 0, 0, 0, 9, 0, 0, 0]],
  [
    'offsets in another order',
    { kind: 'list', of: { kind: 'byteList', limit: 9 }, limit: 4 },
    [8, 0, 0, 0, 7, 0, 0, 0, 1],
  ],
  [
    'a value between offsets and the first',
    { kind: 'container', fields: [['a', { kind: 'byteList', limit: 4 }]] },
    [5, 0, 0, 0, 1],
  ],
])('%s is refused', (_, type, bytes) => {
  expect(() => hashTreeRoot(type, Uint8Array.from(bytes))).toThrow(expect.objectContaining({ code: 'BAD_SSZ' }))
})

describe.skipIf(!hasVectors('e2store'))('recorded chains', () => {
  test('roots of all blocks and states of the small chain', async () => {
    const facts = JSON.parse(Buffer.from(readVector('e2store', 'mini', 'facts.json')).toString()) as MiniFacts
    const network = miniNetwork(facts)
    const file = await openEra(
      fromBytes(new Uint8Array(readVector('e2store', 'mini', 'e2mini-00000-59bce588.multi.era.gz'))),
    )
    const typesAt = (slot: bigint) => beaconTypes('minimal', forkAt(network, slot).name as SszFork)
    let blocks = 0
    for await (const { slot, ssz } of file.blocks()) {
      const { signed } = typesAt(slot)
      const [, message] = signed.fields[0] as (typeof signed.fields)[0]
      const { root } = facts.chain.blocks.find((each) => each.slot === Number(slot)) ?? {}
      expect(toHex(hashTreeRoot(message, ssz.subarray(100)))).toBe(root)
      blocks++
    }
    expect(blocks).toBe(372)
    for (const [era, group] of file.groups.entries()) {
      const reader = new StateReader(typesAt(group.stateSlot).state)
      for await (const chunk of file.stateChunks(group)) reader.push(chunk)
      expect(toHex(reader.finish().root)).toBe(facts.chain.states[era]?.root)
    }
  })

  test('the root of a state of the mainnet preset', async () => {
    const file = await openEra(fromBytes(new Uint8Array(readVector('e2store', 'sepolia-00000-d8ea171f.era.gz'))))
    const facts = JSON.parse(Buffer.from(readVector('e2store', 'era-sepolia-genesis.json')).toString()) as unknown
    const reader = new StateReader(beaconTypes('mainnet', 'phase0').state)
    const [group] = file.groups
    if (group) for await (const chunk of file.stateChunks(group)) reader.push(chunk)
    expect(JSON.stringify(facts)).toContain(toHex(reader.finish().root))
  })
})

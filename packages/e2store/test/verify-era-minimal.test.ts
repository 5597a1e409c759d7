import { hasVectors, readVector } from '@datastreamer/fixtures'
import { beforeAll, describe, expect, test } from 'vitest'
import { type EraFile, EraWriter, mergeEras } from '../src/era.ts'
import { fromBytes, openEra, toBytes } from '../src/index.ts'
import { fromHex, toHex } from '../src/io/bytes.ts'
import { u32 } from '../src/io/little-endian.ts'
import {
  type BeaconNetwork,
  forkAt,
  lodestarSsz,
  nobleBls,
  type VerifySignature,
  verifyEraFully,
} from '../src/verify-era.ts'
import { type MiniFacts, miniNetwork } from './support/mini.ts'

const load = (name: string): Promise<EraFile> => openEra(fromBytes(new Uint8Array(readVector('e2store', 'mini', name))))

describe.skipIf(!hasVectors('e2store'))('a chain with the minimal preset', () => {
  let facts: MiniFacts
  let network: BeaconNetwork
  beforeAll(() => {
    facts = JSON.parse(Buffer.from(readVector('e2store', 'mini', 'facts.json')).toString()) as MiniFacts
    network = miniNetwork(facts)
  })
  const stateRoot = (era: number): Uint8Array => fromHex(facts.chain.states[era]?.root ?? '')

  test('roots of all blocks and states of all forks', async () => {
    const file = await load('e2mini-00000-59bce588.multi.era.gz')
    const report = await verifyEraFully(file, { network, stateRoot: stateRoot(7), verifySignature: false })
    expect(report).toMatchObject({ states: 8, blocks: 372, signatures: 0 })
    expect(report.previousStateRoot).toBeUndefined()
  })

  /** Checks every eighth signature: each takes some 20 ms. */
  async function sampled(): Promise<VerifySignature> {
    const verify = await nobleBls()
    let count = 0
    return (key, message, signature) => count++ % 8 !== 0 || verify(key, message, signature)
  }

  test('signatures, of the first forks and the last', async () => {
    const verifySignature = await sampled()
    const first = await verifyEraFully(await load('e2mini-00001-22330142.era.gz'), { network, verifySignature })
    expect(first.signatures).toBe(59)
    expect(first.previousStateRoot).toEqual(stateRoot(0))
    const last = await verifyEraFully(await load('e2mini-00005-11edfb1b.era.gz'), { network, verifySignature })
    expect(last.signatures).toBe(63)
    expect(toHex(last.stateRoot)).toBe(facts.chain.states[5]?.root)
  })

  /** Era 1 with its checksums and fixed positions right, but one byte of a block or of the state changed. */
  async function forge(change: {
    readonly block?: (ssz: Uint8Array) => number
    readonly state?: (ssz: Uint8Array) => number
  }): Promise<EraFile> {
    const file = await load('e2mini-00001-22330142.era.gz')
    const sink = toBytes()
    const writer = await EraWriter.begin(sink, { era: 1n, slotsPerEra: 64 })
    for await (const { slot, ssz } of file.blocks()) {
      const at = slot === 2n ? change.block?.(ssz) : undefined
      if (at !== undefined) ssz[at] = (ssz[at] as number) ^ 1
      await writer.block(ssz)
    }
    const state = await file.state(64n)
    const at = change.state?.(state)
    if (at !== undefined) state[at] = (state[at] as number) ^ 1
    await writer.finish(state)
    return openEra(fromBytes(sink.bytes()))
  }

  test.each([
    ['a signature', { block: () => 50 }, 'WRONG_SIGNATURE'],
    ['the body of a block', { block: () => 200 }, 'WRONG_ROOT'],
    ['an offset in a block', { block: () => 384 }, 'BAD_SSZ'],
    ['the proposer of a block', { block: () => 108 }, 'WRONG_ROOT'],
    ['the end of the state', { state: (ssz: Uint8Array) => ssz.length - 1 }, 'WRONG_ROOT'],
    ['the fork of the state', { state: () => 52 }, 'WRONG_NETWORK'],
    ['the validators of the network', { state: () => 8 }, 'WRONG_NETWORK'],
  ])('a changed bit in %s is found', async (_, change, code) => {
    const run = verifyEraFully(await forge(change), { network, stateRoot: stateRoot(1) })
    await expect(run).rejects.toMatchObject({ code, step: 'verify' })
  })

  test('a state without the root of its era is rejected, also if its own root is not known', async () => {
    const file = await forge({ state: (ssz) => u32(ssz, 176 + 64 * 64) })
    const run = verifyEraFully(file, { network, verifySignature: false })
    await expect(run).rejects.toMatchObject({ code: 'WRONG_ROOT', message: expect.stringContaining('for era') })
  })

  test('a state that the next one does not follow is rejected', async () => {
    const sink = toBytes()
    await mergeEras([await forge({ state: (ssz) => ssz.length - 1 }), await load('e2mini-00002-f0ac05a9.era.gz')], sink)
    const file = await openEra(fromBytes(sink.bytes()))
    const run = verifyEraFully(file, { network, stateRoot: stateRoot(2), verifySignature: false })
    await expect(run).rejects.toMatchObject({ code: 'WRONG_PARENT', step: 'verify' })
  })

  test('a file that is not of the trusted chain is rejected', async () => {
    const file = await load('e2mini-00006-37f9ceca.era.gz')
    const run = verifyEraFully(file, { network, stateRoot: stateRoot(5) })
    await expect(run).rejects.toMatchObject({ code: 'WRONG_ROOT' })
  })

  test('a process has one preset', async () => {
    await lodestarSsz('minimal')
    await expect(lodestarSsz('mainnet')).rejects.toMatchObject({ code: 'OTHER_PRESET' })
  })

  test('the fork of a slot', () => {
    expect([0n, 31n, 32n, 95n, 96n, 10_000n].map((slot) => forkAt(network, slot).name)).toEqual([
      'phase0',
      'phase0',
      'altair',
      'altair',
      'bellatrix',
      'electra',
    ])
  })
})

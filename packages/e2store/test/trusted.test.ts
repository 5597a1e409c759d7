import { hasVectors, readVector } from '@datastreamer/fixtures'
import { beforeAll, describe, expect, test } from 'vitest'
import { EraWriter } from '../src/era.ts'
import { defaultHashes, verifyArchive } from '../src/execution.ts'
import { fromBytes, openEra, toBytes } from '../src/index.ts'
import { concatBytes, fromHex } from '../src/io/bytes.ts'
import {
  accumulatorsRoot,
  EXECUTION_NETWORKS,
  executionNetwork,
  historicalRootsRoot,
  knownAccumulators,
  knownHistoricalRoots,
  knownTrust,
  readStateHistory,
  StateHistory,
} from '../src/trusted.ts'
import { type BeaconNetwork, lodestarSsz } from '../src/verify-era.ts'
import { golden, goldenBytes, openAny } from './support/execution.ts'
import { type MiniFacts, miniNetwork } from './support/mini.ts'

const root = (seed: number): Uint8Array => new Uint8Array(32).fill(seed)
const roots = (count: number, seed = 1): Uint8Array =>
  concatBytes(Array.from({ length: count }, (_, i) => root(seed + i)))

describe('the history in a state', () => {
  const network: BeaconNetwork = {
    config: 'test',
    preset: 'minimal',
    genesisValidatorsRoot: '00'.repeat(32),
    forks: [
      { name: 'phase0', epoch: 0n, version: '00000000' },
      { name: 'capella', epoch: 8n, version: '03000000' },
      { name: 'heze', epoch: 80n, version: '08000000' },
    ],
  }

  // The part of another library's types that is used.
  let capella: {
    defaultValue(): Record<string, unknown>
    serialize(value: unknown): Uint8Array
    hashTreeRoot(value: unknown): Uint8Array
    readonly fields: {
      readonly historicalSummaries: { readonly elementType: { hashTreeRoot(value: unknown): Uint8Array } }
    }
  }
  beforeAll(async () => {
    await lodestarSsz('minimal')
    capella = (await import('@lodestar/types')).ssz.capella.BeaconState as unknown as typeof capella
  })

  const summaries = Array.from({ length: 4 }, (_, i) => ({
    blockSummaryRoot: root(60 + i),
    stateSummaryRoot: root(80 + i),
  }))

  async function written(era: bigint, value: unknown): Promise<Awaited<ReturnType<typeof openEra>>> {
    const sink = toBytes()
    const writer = await EraWriter.begin(sink, { era, slotsPerEra: 64 })
    await writer.finish(capella.serialize(value))
    return openEra(fromBytes(sink.bytes()))
  }

  const stateOf = (slot: number): Record<string, unknown> => ({
    ...capella.defaultValue(),
    slot,
    historicalRoots: [root(40), root(41)],
    historicalSummaries: summaries,
  })

  test('is that of another library: the root of the state, and those of the eras', async () => {
    const value = stateOf(6 * 64)
    const history = await readStateHistory(await written(6n, value), network)
    expect(history.slot).toBe(384n)
    expect(history.stateRoot).toEqual(capella.hashTreeRoot(value))
    const { elementType } = capella.fields.historicalSummaries
    expect([1n, 2n].map((era) => history.eraRoot(era))).toEqual([root(40), root(41)])
    expect([3n, 4n, 5n].map((era) => history.eraRoot(era))).toEqual(
      summaries.slice(0, 3).map((each) => elementType.hashTreeRoot(each)),
    )
    expect([0n, 7n, 8n].map((era) => history.eraRoot(era))).toEqual([undefined, undefined, undefined])
  })

  test('of a fork whose types are not known is refused', async () => {
    const history = readStateHistory(await written(20n, stateOf(20 * 64)), network)
    await expect(history).rejects.toMatchObject({ code: 'WRONG_NETWORK', message: expect.stringContaining('heze') })
  })

  test('that is malformed is refused', async () => {
    const value = { ...stateOf(6 * 64), historicalRoots: [] }
    const file = await written(6n, value)
    const ssz = (await file.state(384n)).slice()
    ssz[176 + 64 * 64] = 1
    const sink = toBytes()
    const writer = await EraWriter.begin(sink, { era: 6n, slotsPerEra: 64 })
    await writer.finish(ssz)
    const history = readStateHistory(await openEra(fromBytes(sink.bytes())), network)
    await expect(history).rejects.toMatchObject({ code: 'BAD_SSZ' })
  })

  test.skipIf(!hasVectors('e2store'))('of a recorded chain has the roots of all its eras', async () => {
    const facts: MiniFacts = JSON.parse(Buffer.from(readVector('e2store', 'mini', 'facts.json')).toString())
    const bytes = new Uint8Array(readVector('e2store', 'mini', 'e2mini-00000-59bce588.multi.era.gz'))
    const file = await openEra(fromBytes(bytes))
    for (const group of file.groups) {
      const history = await readStateHistory(file, miniNetwork(facts), group)
      expect(history.stateRoot).toEqual(fromHex(facts.chain.states[Number(group.era)]?.root ?? ''))
      for (let era = 1n; era <= group.era; era++) {
        expect(history.eraRoot(era)).toEqual(fromHex(facts.chain.states[Number(era)]?.eraRoot ?? ''))
      }
    }
  })
})

describe('proofs after the merge', () => {
  const CAPELLA = 758

  /** A history with the roots that the golden proofs lead to. */
  function goldenHistory(change = 0): StateHistory {
    const historicalRoots = new Uint8Array(32 * CAPELLA)
    const summaries = new Uint8Array(64 * 400)
    for (const { slot, root: hex } of golden.historyRoots) {
      const era = Math.floor(Number(slot) / 8192)
      const found = fromHex(hex)
      found[0] = (found[0] ?? 0) ^ change
      if (era < CAPELLA) historicalRoots.set(found, 32 * era)
      else summaries.set(found, 64 * (era - CAPELLA))
    }
    const own = { era: 5000n, root: root(0) }
    return new StateHistory({ slot: 0n, stateRoot: root(0), historicalRoots, summaries }, own)
  }

  test('are trusted by the history of a state', async () => {
    const archive = await openAny('ere', fromBytes(goldenBytes('ereMerged')))
    expect(await verifyArchive(archive)).toMatchObject({ trusted: false })
    const { historyRoots } = goldenHistory()
    const report = await verifyArchive(archive, { historyRoots })
    expect(report.historyRoots.map(({ trusted }) => trusted)).toEqual(report.historyRoots.map(() => true))
    expect(report.historyRoots.length).toBeGreaterThan(0)
    const wrong = verifyArchive(archive, { historyRoots: goldenHistory(1).historyRoots })
    await expect(wrong).rejects.toMatchObject({ code: 'WRONG_PROOF' })
  })

  test('of an era that the state does not know have no root', () => {
    const { historyRoots } = goldenHistory()
    expect(historyRoots(BigInt(CAPELLA) * 8192n, 1)).toBeUndefined()
    expect(historyRoots(BigInt(CAPELLA - 1) * 8192n, 2)).toBeUndefined()
    expect(historyRoots(BigInt(CAPELLA + 400) * 8192n, 3)).toBeUndefined()
  })
})

describe('what is built in', () => {
  test('by the names of networks', () => {
    expect(executionNetwork('mainnet')).toBe(EXECUTION_NETWORKS.mainnet)
    expect(executionNetwork('elsewhere')).toBeUndefined()
    for (const { genesisHash, knownBlocks } of Object.values(EXECUTION_NETWORKS)) {
      for (const hash of [genesisHash, ...knownBlocks.map((each) => each.hash)]) expect(hash).toHaveLength(32)
    }
  })

  test('roots over lists are those of SSZ lists', async () => {
    await lodestarSsz('minimal')
    const { ssz } = await import('@lodestar/types')
    const list = ssz.phase0.BeaconState.fields.historicalRoots
    for (const count of [0, 1, 2, 5]) {
      const value = Array.from({ length: count }, (_, i) => root(1 + i))
      expect(historicalRootsRoot(roots(count))).toEqual(list.hashTreeRoot(value))
      expect(accumulatorsRoot(roots(count))).not.toEqual(historicalRootsRoot(roots(count)))
    }
    expect(accumulatorsRoot(roots(3))).not.toEqual(accumulatorsRoot(roots(3, 2)))
    expect(() => accumulatorsRoot(new Uint8Array(31))).toThrow('31 bytes')
  })

  test('the accumulators of mainnet, over which the root was published', async () => {
    const known = await knownAccumulators('mainnet')
    expect(known?.length).toBe(EXECUTION_NETWORKS.mainnet.accumulators)
    expect(accumulatorsRoot(known?.joined ?? new Uint8Array(0))).toEqual(EXECUTION_NETWORKS.mainnet.accumulatorsRoot)
    expect([known?.at(-1), known?.at(1897)]).toEqual([undefined, undefined])
    expect(await knownAccumulators('sepolia')).toBeUndefined()
  })

  test('shows files to be trusted, or of another chain', async () => {
    const known = await knownAccumulators('mainnet')
    const [first, second] = [known?.at(0) ?? root(0), known?.at(1) ?? root(0)]
    const report = { start: 8192n, count: 8192, preMergeBlocks: 8192, historyRoots: [] }
    expect(await knownTrust({ ...report, accumulator: second }, 'mainnet')).toEqual({
      is: 'trusted',
      by: 'the accumulators of mainnet',
    })
    expect(await knownTrust({ ...report, accumulator: first }, 'mainnet')).toMatchObject({
      is: 'different',
      message: expect.stringMatching(/^accumulator 1 of mainnet is a5364e9a/),
    })
    expect(await knownTrust(report, 'mainnet')).toEqual({ is: 'unknown' })
    expect(await knownTrust({ ...report, accumulator: second }, 'elsewhere')).toEqual({ is: 'unknown' })
    // Blocks after the merge in the same file are trusted by their own proofs only.
    const mixed = { ...report, preMergeBlocks: 5, accumulator: second }
    expect(await knownTrust(mixed, 'mainnet')).toEqual({ is: 'unknown' })
    const historyRoots = [{ era: 5000n, root: root(1), trusted: true }]
    expect(await knownTrust({ ...mixed, historyRoots }, 'mainnet')).toMatchObject({ is: 'trusted' })
  })

  test('the historical roots of mainnet, over which the root was published, which proofs between merge and Capella need', async () => {
    const known = await knownHistoricalRoots('mainnet')
    expect(known?.length).toBe(758)
    expect(historicalRootsRoot(known?.joined ?? new Uint8Array(0))).toEqual(
      EXECUTION_NETWORKS.mainnet.historicalRootsRoot,
    )
    expect(await knownHistoricalRoots('sepolia')).toBeUndefined()
    const report = { start: 8192n * 2000n, count: 8192, preMergeBlocks: 0 }
    const proven = (era: bigint, found: Uint8Array) => ({
      ...report,
      historyRoots: [{ era, root: found, trusted: false }],
    })
    expect(await knownTrust(proven(700n, known?.at(700) ?? root(0)), 'mainnet')).toEqual({
      is: 'trusted',
      by: 'the historical roots of mainnet',
    })
    expect(await knownTrust(proven(701n, known?.at(700) ?? root(0)), 'mainnet')).toMatchObject({ is: 'different' })
    expect(await knownTrust(proven(758n, root(1)), 'mainnet')).toEqual({ is: 'unknown' })
    expect(await knownTrust({ ...report, historyRoots: [] }, 'mainnet')).toEqual({ is: 'unknown' })
  })

  test.skipIf(!hasVectors('e2store'))('the accumulators of real files', async () => {
    const known = await knownAccumulators('mainnet')
    for (const [number, file] of ['mainnet-00000-5ec1ffb8.era1.gz', 'mainnet-00001-a5364e9a.era1.gz'].entries()) {
      const archive = await openAny('x.era1', fromBytes(new Uint8Array(readVector('e2store', 'real', file))))
      expect(known?.at(number)).toEqual(archive.accumulator)
    }
  })

  test.skipIf(!hasVectors('e2store'))('the first blocks of real files', async () => {
    for (const [name, file] of [
      ['mainnet', 'mainnet-00000-5ec1ffb8.era1.gz'],
      ['sepolia', 'sepolia-00000-643a00f7.era1.gz'],
    ] as const) {
      const archive = await openAny('x.era1', fromBytes(new Uint8Array(readVector('e2store', 'real', file))))
      const { header = new Uint8Array(0) } = await archive.payloads(0n, ['header'])
      expect(defaultHashes().keccak256(header)).toEqual(EXECUTION_NETWORKS[name].genesisHash)
    }
  })
})

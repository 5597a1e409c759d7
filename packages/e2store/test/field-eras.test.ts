import { hasVectors, readVector } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { eraNameOf, verifyEra, writeGroup } from '../src/era.ts'
import { fromBytes, openEra, toBytes } from '../src/index.ts'
import { type BeaconNetwork, verifyEraFully } from '../src/verify-era.ts'
import { type MiniFacts, miniNetwork } from './support/mini.ts'

const load = (...name: readonly string[]): Uint8Array => new Uint8Array(readVector('e2store', 'field', ...name))
const JOINED = 'e2mini-00001-c142bd3a.era'

describe.skipIf(!hasVectors('e2store'))('eras as other writers leave them', () => {
  const facts = (): MiniFacts => JSON.parse(Buffer.from(readVector('e2store', 'mini', 'facts.json')).toString())

  test('several eras whose empty slots point at position 0 of the file verify, and so does each taken out', async () => {
    const network = miniNetwork(facts())
    const file = await openEra(fromBytes(load('multi-era-empty-at-zero', JOINED)))
    const report = await verifyEraFully(file, { name: JOINED, network, verifySignature: false })
    expect(report.eras).toEqual([1n, 2n, 3n])
    expect(report.deviations.map(({ code }) => code)).toContain('EMPTY_AT_OTHER_ERA')
    for (const [i, group] of file.groups.entries()) {
      const sink = toBytes()
      await writeGroup(file, group, sink)
      const part = await openEra(fromBytes(sink.bytes()))
      const name = await eraNameOf(part, network.config)
      const alone = await verifyEraFully(part, { name, network, verifySignature: false })
      expect(alone.eraRoot).toEqual(report.eraRoots[i])
    }
  })

  test.each([
    ['fulu', 'x-00003-fac3c3ae.era'],
    ['gloas', 'x-00003-78be7231.era'],
  ])('an era of %s verifies fully, without signatures', async (fork, name) => {
    const { forks, ...rest } = JSON.parse(Buffer.from(load('forks', fork, 'network.json')).toString())
    const network: BeaconNetwork = {
      ...rest,
      forks: forks.map((each: { readonly epoch: number }) => ({ ...each, epoch: BigInt(each.epoch) })),
    }
    const file = await openEra(fromBytes(load('forks', fork, name)))
    const report = await verifyEraFully(file, { name, network, verifySignature: false })
    expect(report).toMatchObject({ eras: [3n], blocks: 55, signatures: 0 })
    // The proposers' keys are found, although what they signed is made up.
    const keys: number[] = []
    const signed = await verifyEraFully(file, { name, network, verifySignature: (key) => keys.push(key.length) > 0 })
    expect([signed.signatures, new Set(keys)]).toEqual([55, new Set([48])])
    expect((await verifyEra(file)).eraRoot).toEqual(report.eraRoot)
  })
})

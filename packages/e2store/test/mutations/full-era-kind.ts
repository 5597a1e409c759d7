import { createHash } from 'node:crypto'
import { readVector } from '@datastreamer/fixtures'
import { fromBytes, openEra } from '../../src/index.ts'
import { fromHex } from '../../src/io/bytes.ts'
import { lodestarSsz, verifyEraFully } from '../../src/verify-era.ts'
import { type MiniFacts, miniNetwork } from '../support/mini.ts'
import type { Kind } from './harness.ts'

/** A recorded era whose blocks and states are checked by their roots, so that nothing but signatures may change. */
export async function fullEraKind(): Promise<Kind> {
  const facts = JSON.parse(Buffer.from(readVector('e2store', 'mini', 'facts.json')).toString()) as MiniFacts
  const network = miniNetwork(facts)
  const ssz = await lodestarSsz(network.preset)
  const stateRoot = fromHex(facts.chain.states[1]?.root ?? '')
  return {
    name: '.era by its roots, under its checksums',
    bytes: Uint8Array.from(readVector('e2store', 'mini', 'e2mini-00001-22330142.era.gz')),
    deep: true,
    weight: 0.3,
    check: async (bytes) => {
      const file = await openEra(fromBytes(bytes))
      const report = await verifyEraFully(file, { network, ssz, stateRoot, verifySignature: false })
      const hash = createHash('sha256').update(`${report.eras} ${report.blocks}`)
      for await (const { slot, ssz: block } of file.blocks()) hash.update(`${slot}`).update(block.subarray(100))
      for (const group of file.groups) hash.update(await file.groupState(group))
      return hash.digest('hex')
    },
  }
}

import { defaultHashes } from '../../src/hash/hashes.ts'
import { buildSidecar } from '../../src/sidecar.ts'
import { envelopeOf, headerOf, type MadeUpBlock, openMadeUp, writeMadeUp } from '../support/made-up-blocks.ts'
import { answers, type Lookups, resealed } from '../support/sidecar-lookups.ts'
import type { Kind } from './harness.ts'

const START = 8192n
const { keccak256 } = defaultHashes()
const address = (which: number): Uint8Array => new Uint8Array(20).fill(which)
const topic = (which: number): Uint8Array => new Uint8Array(32).fill(which)

/** Some blocks with a value that is in most of them, and others that are in one. */
const SIDECAR_BLOCKS: readonly MadeUpBlock[] = Array.from({ length: 20 }, (_, block) =>
  Array.from({ length: 1 + (block % 3) }, (_, index) => ({
    envelope: envelopeOf(Uint8Array.of(block, index), index === 0 ? 0 : 2),
    logs: [{ address: address(200), topics: [topic(block), topic(100 + index)], data: new Uint8Array(0) }],
  })),
)

export const SIDECAR_LOOKUPS: Lookups = {
  transactions: SIDECAR_BLOCKS.flat().map(({ envelope }) => keccak256(envelope)),
  blocks: SIDECAR_BLOCKS.map((_, i) => keccak256(headerOf(START + BigInt(i)))),
  values: [
    { field: 0, value: address(200) },
    ...SIDECAR_BLOCKS.map((_, block) => ({ field: 1, value: topic(block) })),
    ...[100, 101, 102].map((which) => ({ field: 2, value: topic(which) })),
  ],
}

/** The sidecar of {@link SIDECAR_BLOCKS}. */
export async function smallSidecar(): Promise<Uint8Array> {
  const data = await writeMadeUp('ere', START, SIDECAR_BLOCKS)
  return buildSidecar(await openMadeUp('ere', data, SIDECAR_BLOCKS.length))
}

/** A sidecar whose bytes are changed, and one whose checksums fit what was changed: that may say anything, in bounds. */
export async function sidecarKinds(): Promise<Kind[]> {
  const bytes = await smallSidecar()
  const check = async (mutant: Uint8Array): Promise<string> => (await answers(mutant, SIDECAR_LOOKUPS)).join('\n')
  const checkResealed = async (mutant: Uint8Array): Promise<string> => {
    await answers(resealed(mutant), SIDECAR_LOOKUPS)
    return 'in bounds'
  }
  return [
    { name: '.idx', bytes, check },
    { name: '.idx under its checksums', bytes, check: checkResealed },
  ]
}

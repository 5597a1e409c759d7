import { createHash } from 'node:crypto'
import { blockHeaderRoot } from '../../src/era/roots.ts'
import { EraWriter } from '../../src/era.ts'
import { toBytes } from '../../src/index.ts'
import { putU32, putU64 } from '../../src/io/little-endian.ts'

/** Slots of an era of the minimal preset. */
export const SLOTS = 64

/** A chain that is valid at the fixed positions of its blocks and states, and made up elsewhere. */
export interface TinyChain {
  readonly genesisValidatorsRoot: Uint8Array
  /** Signed blocks by slot; empty slots have none. */
  readonly blocks: ReadonlyMap<bigint, Uint8Array>
  /** States by era. */
  readonly states: readonly Uint8Array[]
  /** One file for each era. */
  readonly files: readonly Uint8Array[]
}

const hash = (text: string): Uint8Array => new Uint8Array(createHash('sha256').update(text).digest())

function makeBlock(slot: bigint, parent: Uint8Array): { readonly ssz: Uint8Array; readonly header: Uint8Array } {
  const body = hash(`body ${slot}`)
  const ssz = new Uint8Array(184 + body.length)
  putU32(ssz, 0, 100)
  ssz.set(hash(`signature ${slot}`), 4)
  putU64(ssz, 100, slot)
  putU64(ssz, 108, slot % 16n)
  ssz.set(parent, 116)
  ssz.set(hash(`state ${slot}`), 148)
  putU32(ssz, 180, 84)
  ssz.set(body, 184)
  const header = new Uint8Array(112)
  header.set(ssz.subarray(100, 180))
  header.set(hash(`root of body ${slot}`), 80)
  return { ssz, header }
}

/** Build a chain of eras 0 to `last` whose slots are empty where `isEmpty` says so. */
export async function tinyChain(last: number, isEmpty: (slot: number) => boolean = () => false): Promise<TinyChain> {
  const genesisValidatorsRoot = hash('validators')
  const blocks = new Map<bigint, Uint8Array>()
  const states: Uint8Array[] = []
  const files: Uint8Array[] = []
  let root: Uint8Array = new Uint8Array(32)
  let header: Uint8Array = new Uint8Array(112)
  for (let era = 0; era <= last; era++) {
    const state = new Uint8Array(176 + 64 * SLOTS + 100)
    state.set(genesisValidatorsRoot, 8)
    putU64(state, 40, BigInt(era * SLOTS))
    const sink = toBytes()
    const writer = await EraWriter.begin(sink, { era: BigInt(era), slotsPerEra: SLOTS })
    for (let i = 0; era > 0 && i < SLOTS; i++) {
      const slot = (era - 1) * SLOTS + i
      if (!isEmpty(slot)) {
        const block = makeBlock(BigInt(slot), root)
        header = block.header
        root = blockHeaderRoot(header)
        blocks.set(BigInt(slot), block.ssz)
        await writer.block(block.ssz)
      }
      state.set(root, 176 + 32 * i)
      state.set(hash(`state ${slot}`), 176 + 32 * (SLOTS + i))
    }
    state.set(header, 64)
    await writer.finish(state)
    states.push(state)
    files.push(sink.bytes())
  }
  return { genesisValidatorsRoot, blocks, states, files }
}

import type { BeaconArchive } from '../archive/beacon-archive.ts'
import { headerRoot, type VerifiedBlock } from '../archive/blocks.ts'
import type { VerifiedState } from '../archive/verified-state.ts'
import { BeaconError } from '../errors.ts'

const ROOT = /^0x[0-9a-fA-F]{64}$/
const SLOT = /^\d{1,20}$/
const MAX_SLOT = 2n ** 64n - 1n
/** All that is held is final: these are one block, and one state. */
const NEWEST: ReadonlySet<string> = new Set(['head', 'finalized', 'justified'])

/** Whether an identifier is a slot. */
export function isSlot(id: string): boolean {
  return SLOT.test(id) && BigInt(id) <= MAX_SLOT
}

function notHeld(what: string): BeaconError {
  return new BeaconError('NOT_HELD', what)
}

async function newest(archive: BeaconArchive): Promise<{ readonly era: bigint; readonly blockSlot: bigint }> {
  const finality = await archive.finality()
  if (!finality) throw notHeld('no state is held whose latest block is held too')
  return finality
}

/**
 * The block that an identifier names: `head`, `genesis`, `finalized`, a slot, a root.
 *
 * @throws {BeaconError} `BAD_ID`, `NOT_HELD`, `NOT_VERIFIED`
 */
export async function findBlock(archive: BeaconArchive, id: string): Promise<VerifiedBlock> {
  const slot = await blockSlot(archive, id)
  const block = slot === undefined ? undefined : await archive.block(slot)
  if (!block) throw notHeld(slot === undefined ? `no block ${id} is held` : `slot ${slot} is empty`)
  return block
}

async function blockSlot(archive: BeaconArchive, id: string): Promise<bigint | undefined> {
  if (NEWEST.has(id)) return (await newest(archive)).blockSlot
  if (id === 'genesis') return 0n
  if (isSlot(id)) return BigInt(id)
  if (ROOT.test(id)) return archive.blockSlot(Buffer.from(id.slice(2), 'hex'))
  throw new BeaconError('BAD_ID', `block ${id}: expected head, genesis, finalized, a slot or a root of 32 bytes`)
}

/**
 * The state that an identifier names: as for blocks, also `justified`. Only the states between eras are held.
 *
 * @throws {BeaconError} `BAD_ID`, `NOT_HELD`, `NOT_VERIFIED`
 */
export async function findState(archive: BeaconArchive, id: string): Promise<VerifiedState> {
  const era = await stateEra(archive, id)
  const state = era === undefined ? undefined : await archive.state(era)
  if (!state) throw notHeld(`state ${id} is not held`)
  return state
}

async function stateEra(archive: BeaconArchive, id: string): Promise<bigint | undefined> {
  if (NEWEST.has(id)) return (await newest(archive)).era
  if (id === 'genesis') return 0n
  if (ROOT.test(id)) return archive.stateEra(id.slice(2).toLowerCase())
  if (!isSlot(id)) {
    throw new BeaconError(
      'BAD_ID',
      `state ${id}: expected head, genesis, finalized, justified, a slot or a root of 32 bytes`,
    )
  }
  const slot = BigInt(id)
  if (slot % archive.slotsPerEra === 0n) return slot / archive.slotsPerEra
  throw notHeld(`of slot ${slot} no state is held, only of each ${archive.slotsPerEra}th`)
}

/** Root of a state's latest block, whose header in the state has no state root if the block is of the state's slot. */
export function latestBlockRoot({ facts, slot }: VerifiedState): Uint8Array {
  const { bytes, slot: blockSlot } = facts.head.latestBlockHeader
  const header = bytes.slice()
  if (blockSlot === slot) header.set(facts.root, 48)
  return headerRoot(header)
}

import { eraRoot, type StateHead } from '@datastreamer/e2store/era'
import { SSZ_PRESETS } from '@datastreamer/e2store/ssz'
import type { BeaconNetwork } from '@datastreamer/e2store/verify-era'
import { BeaconError } from '../errors.ts'
import type { Anchor } from './anchor.ts'
import { toHex } from './bytes.ts'
import type { HeldEra } from './era-files.ts'
import { checkNetwork } from './state-facts.ts'

/** The start of an era's state, compared with the anchor. */
export interface EraRoots {
  readonly era: bigint
  /** Slot of the state: the blocks are of the slots before it. */
  readonly stateSlot: bigint
  /** Name of the file that has it. */
  readonly fileName: string
  readonly head: StateHead
}

/**
 * Read the start of an era's state and compare its block and state roots with those that the anchor remembers.
 *
 * @throws {BeaconError} `NOT_VERIFIED`
 */
export async function readEraRoots(
  network: BeaconNetwork,
  anchor: Anchor,
  { file, group, fileName }: HeldEra,
): Promise<EraRoots> {
  const { era, stateSlot } = group
  if (era === anchor.era) return { era, stateSlot, fileName, head: anchor.head }
  const head = await file.stateHead(group, { step: 'verify' })
  checkNetwork(network, head, stateSlot)
  if (era === 0n) return { era, stateSlot, fileName, head }
  const remembered = anchor.eraRoot(era)
  if (group.slotsPerEra !== SSZ_PRESETS[network.preset].SLOTS_PER_HISTORICAL_ROOT || remembered === undefined) {
    throw new BeaconError('NOT_VERIFIED', `the state of era ${anchor.era} has no root of era ${era}`)
  }
  const root = toHex(eraRoot(era, head))
  if (root !== remembered) {
    throw new BeaconError('NOT_VERIFIED', `the roots of era ${era} have root ${root}, later states have ${remembered}`)
  }
  return { era, stateSlot, fileName, head }
}

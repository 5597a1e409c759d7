import type { BeaconNetwork } from '@datastreamer/e2store/verify-era'
import { BeaconError } from '../errors.ts'
import { equalBytes, toHex } from './bytes.ts'
import type { HeldEra } from './era-files.ts'
import { readStateFacts, type StateFacts } from './state-facts.ts'

/** A state whose root was computed. */
export interface VerifiedState {
  readonly era: bigint
  readonly slot: bigint
  readonly fileName: string
  readonly facts: StateFacts
  /** `chain`: the next era's state has this root. `content`: nobody has, for the next era is not held. */
  readonly verified: 'chain' | 'content'
}

/**
 * Read a state completely.
 *
 * @param expected its root, if the next era's state says it
 * @throws {BeaconError} `NOT_VERIFIED`
 */
export async function verifyState(
  network: BeaconNetwork,
  held: HeldEra,
  expected: Uint8Array | undefined,
): Promise<VerifiedState> {
  const { era, stateSlot: slot } = held.group
  const { facts } = await readStateFacts(network, held)
  if (expected && !equalBytes(facts.root, expected)) {
    const what = `state of slot ${slot} has root ${toHex(facts.root)}, expected ${toHex(expected)}`
    throw new BeaconError('NOT_VERIFIED', what)
  }
  return { era, slot, fileName: held.fileName, facts, verified: expected ? 'chain' : 'content' }
}

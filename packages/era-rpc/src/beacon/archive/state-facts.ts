import { type StateHead, stateHead } from '@datastreamer/e2store/era'
import { beaconTypes, fixedPart, isSszFork, SSZ_PRESETS, type SszFork, StateReader } from '@datastreamer/e2store/ssz'
import { type BeaconNetwork, forkAt } from '@datastreamer/e2store/verify-era'
import { BeaconError } from '../errors.ts'
import { toHex } from './bytes.ts'
import type { HeldEra } from './era-files.ts'
import { type Recognized, Recognizer } from './verified-chunks.ts'

/** Bytes of a state before its block roots. */
const STATE_START_BYTES = 176

/** A checkpoint of a state. */
export interface Checkpoint {
  readonly epoch: bigint
  readonly root: Uint8Array
}

/** What one pass over a state gives. */
export interface StateFacts {
  readonly fork: SszFork
  readonly root: Uint8Array
  /** By which its bytes are recognized when they are read again. */
  readonly bytes: Recognized
  /** Without block and state roots. */
  readonly head: StateHead
  readonly previousJustified: Checkpoint
  readonly currentJustified: Checkpoint
  readonly finalized: Checkpoint
  /** The fields that were to be kept, serialized. */
  readonly kept: ReadonlyMap<string, Uint8Array>
}

/** The fork of a slot, which must be one whose types are known. */
export function sszForkAt(network: BeaconNetwork, slot: bigint): SszFork {
  const { name } = forkAt(network, slot)
  if (!isSszFork(name)) throw new BeaconError('NOT_VERIFIED', `fork ${name} of slot ${slot} is not known`)
  return name
}

/** Read all of a state and compute its root. The state is not held; its start is, with the roots in it. */
export async function readStateFacts(
  network: BeaconNetwork,
  { file, group }: HeldEra,
  keep: readonly string[] = [],
): Promise<{ readonly facts: StateFacts; readonly head: StateHead }> {
  const fork = sszForkAt(network, group.stateSlot)
  const { state } = beaconTypes(network.preset, fork)
  const reader = new StateReader(state, keep, group.statePosition)
  const recognizer = new Recognizer()
  for await (const chunk of file.stateChunks(group, { step: 'verify' })) {
    reader.push(chunk)
    recognizer.push(chunk)
  }
  const { root, fixed, kept } = reader.finish()
  const checkpoint = (name: string): Checkpoint => {
    const at = fixedPart(state).layouts.find((layout) => layout.name === name)?.at ?? 0
    const view = new DataView(fixed.buffer, fixed.byteOffset + at)
    return { epoch: view.getBigUint64(0, true), root: fixed.slice(at + 8, at + 40) }
  }
  const origin = { position: group.statePosition, step: 'verify' } as const
  const head = stateHead(fixed, SSZ_PRESETS[network.preset].SLOTS_PER_HISTORICAL_ROOT, origin)
  checkNetwork(network, head, group.stateSlot)
  const facts = {
    ...{ fork, root, bytes: recognizer.finish(), kept, head: stateHead(fixed.slice(0, STATE_START_BYTES), 0, origin) },
    previousJustified: checkpoint('previous_justified_checkpoint'),
    currentJustified: checkpoint('current_justified_checkpoint'),
    finalized: checkpoint('finalized_checkpoint'),
  }
  return { facts, head }
}

/**
 * Throw unless a state is of the network and of the slot that its index has.
 *
 * @throws {BeaconError} `NOT_VERIFIED`
 */
export function checkNetwork(network: BeaconNetwork, head: StateHead, slot: bigint): void {
  const { name, version } = forkAt(network, slot)
  const found = toHex(head.currentForkVersion)
  if (head.slot !== slot) throw new BeaconError('NOT_VERIFIED', `state of slot ${head.slot}, expected ${slot}`)
  if (found !== version) {
    throw new BeaconError(
      'NOT_VERIFIED',
      `state of slot ${slot} has fork version ${found}, expected ${version} (${name})`,
    )
  }
  const validators = toHex(head.genesisValidatorsRoot)
  if (validators !== network.genesisValidatorsRoot) {
    const what = `${validators}, expected ${network.genesisValidatorsRoot}`
    throw new BeaconError('NOT_VERIFIED', `state of slot ${slot} is of a chain of validators ${what}`)
  }
}

import { beaconTypes, blockHeaderType, defaultValue, hashTreeRoot, type SszFork } from '@datastreamer/e2store/ssz'
import type { BeaconNetwork } from '@datastreamer/e2store/verify-era'
import { BeaconError } from '../errors.ts'
import { equalBytes, toHex } from './bytes.ts'
import { sszForkAt } from './state-facts.ts'

/** Where the parts of a serialized signed block begin. */
const MESSAGE_AT = 100
const BODY_AT = MESSAGE_AT + 84
/** Bytes of a header before the body's root, and of a message before the offset of the body. */
const HEADER_START_BYTES = 80

/** A block whose root was computed. */
export interface VerifiedBlock {
  readonly slot: bigint
  readonly fork: SszFork
  readonly root: Uint8Array
  /** The serialized signed block. */
  readonly ssz: Uint8Array
  /** The serialized header: slot, proposer, parent root, state root, body root. */
  readonly header: Uint8Array
}

/**
 * Compute a block's root and compare it with the one that a state has for its slot.
 *
 * @throws {BeaconError} `NOT_VERIFIED`
 */
export function verifyBlock(
  network: BeaconNetwork,
  slot: bigint,
  ssz: Uint8Array,
  expected: Uint8Array,
): VerifiedBlock {
  const fork = sszForkAt(network, slot)
  const { body } = beaconTypes(network.preset, fork)
  const header = new Uint8Array(HEADER_START_BYTES + 32)
  header.set(ssz.subarray(MESSAGE_AT, MESSAGE_AT + HEADER_START_BYTES))
  header.set(hashTreeRoot(body, ssz.subarray(BODY_AT)), HEADER_START_BYTES)
  const root = headerRoot(header)
  if (!equalBytes(root, expected)) {
    throw new BeaconError('NOT_VERIFIED', `block of slot ${slot} has root ${toHex(root)}, expected ${toHex(expected)}`)
  }
  return { slot, fork, root, ssz, header }
}

/** Root of a block by its serialized header. */
export function headerRoot(header: Uint8Array): Uint8Array {
  return hashTreeRoot(blockHeaderType, header)
}

/** The block of slot 0, which follows from the first state: it has an empty body and no signature. */
export function genesisBlock(network: BeaconNetwork, stateRoot: Uint8Array): Uint8Array {
  const body = defaultValue(beaconTypes(network.preset, sszForkAt(network, 0n)).body)
  const ssz = new Uint8Array(BODY_AT + body.length)
  const view = new DataView(ssz.buffer)
  view.setUint32(0, MESSAGE_AT, true)
  ssz.set(stateRoot, MESSAGE_AT + 48)
  view.setUint32(MESSAGE_AT + HEADER_START_BYTES, 84, true)
  ssz.set(body, BODY_AT)
  return ssz
}

import { E2FormatError, type Step } from '../errors.ts'
import { u32, u64 } from '../io/little-endian.ts'

/** Bytes of a signed block up to its state root: what {@link blockHead} needs. */
export const BLOCK_HEAD_BYTES = 184
/** Bytes of a state before its block roots. */
const STATE_FIXED_BYTES = 176

/** The fields at fixed positions of a signed beacon block, in every fork so far. */
export interface BlockHead {
  readonly signature: Uint8Array
  readonly slot: bigint
  readonly proposerIndex: bigint
  readonly parentRoot: Uint8Array
  readonly stateRoot: Uint8Array
}

/** The fields at fixed positions of a beacon state, in every fork so far. */
export interface StateHead {
  readonly genesisTime: bigint
  readonly genesisValidatorsRoot: Uint8Array
  readonly slot: bigint
  readonly previousForkVersion: Uint8Array
  readonly currentForkVersion: Uint8Array
  readonly forkEpoch: bigint
  readonly latestBlockHeader: {
    readonly slot: bigint
    readonly parentRoot: Uint8Array
    /** The header's 112 bytes: slot, proposer, parent root, state root, body root. */
    readonly bytes: Uint8Array
  }
  /** Block roots, 32 bytes for each slot of an era. */
  readonly blockRoots: Uint8Array
  /** State roots, 32 bytes for each slot of an era. */
  readonly stateRoots: Uint8Array
}

/** Where bytes came from, for errors. */
export interface Origin {
  /** Position in the file of the record that held them. */
  readonly position: number
  readonly step?: Step
}

/**
 * Read the fields at fixed positions of a serialized signed block.
 *
 * @throws {E2FormatError} `BAD_SSZ`: too short, or an offset that no block has
 * @see docs/spec/e2store.md §7.3
 */
export function blockHead(ssz: Uint8Array, { position, step = 'read' }: Origin): BlockHead {
  if (ssz.length < BLOCK_HEAD_BYTES) {
    throw new E2FormatError('BAD_SSZ', `block of ${ssz.length} bytes, expected at least 184`, position, step)
  }
  const message = u32(ssz, 0)
  const body = u32(ssz, 180)
  if (message !== 100 || body !== 84) {
    throw new E2FormatError('BAD_SSZ', `block with offsets ${message} and ${body}, expected 100 and 84`, position, step)
  }
  return {
    signature: ssz.subarray(4, 100),
    slot: u64(ssz, 100),
    proposerIndex: u64(ssz, 108),
    parentRoot: ssz.subarray(116, 148),
    stateRoot: ssz.subarray(148, 180),
  }
}

/** Bytes of a state that {@link stateHead} needs. */
export function stateHeadBytes(slotsPerEra: number): number {
  return STATE_FIXED_BYTES + 64 * slotsPerEra
}

/**
 * Read the fields at fixed positions of a serialized state, or of its first {@link stateHeadBytes} bytes.
 *
 * @param slotsPerEra 0 to omit the roots
 * @throws {E2FormatError} `BAD_SSZ`: too short
 * @see docs/spec/e2store.md §7.3
 */
export function stateHead(ssz: Uint8Array, slotsPerEra: number, { position, step = 'read' }: Origin): StateHead {
  const needed = stateHeadBytes(slotsPerEra)
  if (ssz.length < needed) {
    throw new E2FormatError('BAD_SSZ', `state of ${ssz.length} bytes, expected at least ${needed}`, position, step)
  }
  const stateRootsAt = STATE_FIXED_BYTES + 32 * slotsPerEra
  return {
    genesisTime: u64(ssz, 0),
    genesisValidatorsRoot: ssz.subarray(8, 40),
    slot: u64(ssz, 40),
    previousForkVersion: ssz.subarray(48, 52),
    currentForkVersion: ssz.subarray(52, 56),
    forkEpoch: u64(ssz, 56),
    latestBlockHeader: { slot: u64(ssz, 64), parentRoot: ssz.subarray(80, 112), bytes: ssz.subarray(64, 176) },
    blockRoots: ssz.subarray(STATE_FIXED_BYTES, stateRootsAt),
    stateRoots: ssz.subarray(stateRootsAt, needed),
  }
}

import type { StateHead } from '../era/beacon-layout.ts'
import type { EraFile } from '../era/era-file.ts'
import type { EraGroup } from '../era/group.ts'
import { eraRoot } from '../era/roots.ts'
import { type CheckedBlock, type EraReport, type VerifyEraOptions, verifyEra } from '../era/verify-era.ts'
import { E2FormatError, E2StoreError, VerificationError } from '../errors.ts'
import { equalBytes, fromHex, toHex } from '../io/bytes.ts'
import { type BeaconSsz, type BeaconState, lodestarSsz } from './beacon-ssz.ts'
import { type BeaconNetwork, forkAt } from './network.ts'
import { nobleBls, proposerSigningRoot, type VerifySignature } from './signature.ts'

export interface FullVerifyOptions extends Omit<VerifyEraOptions, 'checks' | 'genesisValidatorsRoot'> {
  readonly network: BeaconNetwork
  /** The SSZ library (default {@link lodestarSsz}). */
  readonly ssz?: BeaconSsz
  /** How signatures are checked (default {@link nobleBls}); `false` skips them. */
  readonly verifySignature?: VerifySignature | false
  /** Root that the file's last state must have: the first of the state roots in a trusted state of the next era. */
  readonly stateRoot?: Uint8Array
}

export interface FullEraReport extends EraReport {
  /** Root of the file's last state: whoever trusts it can trust the file. */
  readonly stateRoot: Uint8Array
  /** Root that the last state of the previous file must have; absent in era 0. */
  readonly previousStateRoot?: Uint8Array
  readonly signatures: number
}

/** Call the SSZ library; an error of it means malformed bytes. */
function decoding<T>(what: string, position: number, decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof E2StoreError) throw error
    throw new E2FormatError('BAD_SSZ', `${what} is malformed`, position, 'verify', { cause: error })
  }
}

/** The options of {@link FullChecks} with defaults applied. */
interface CheckOptions {
  readonly network: BeaconNetwork
  readonly ssz: BeaconSsz
  readonly verifySignature: VerifySignature | false
  readonly stateRoot: Uint8Array | undefined
}

/** Checks the contents of states and blocks, era by era. */
class FullChecks {
  readonly #file: EraFile
  readonly #network: BeaconNetwork
  readonly #ssz: BeaconSsz
  readonly #verifySignature: VerifySignature | false
  readonly #trusted: Uint8Array | undefined
  readonly #genesisValidatorsRoot: Uint8Array
  readonly #eraRoots = new Map<bigint, Uint8Array>()
  #state: BeaconState | undefined
  /** Root of the most recent state. */
  stateRoot: Uint8Array = new Uint8Array(0)
  previousStateRoot: Uint8Array | undefined
  signatures = 0

  constructor(file: EraFile, { network, ssz, verifySignature, stateRoot }: CheckOptions) {
    this.#file = file
    this.#network = network
    this.#ssz = ssz
    this.#verifySignature = verifySignature
    this.#trusted = stateRoot
    this.#genesisValidatorsRoot = fromHex(network.genesisValidatorsRoot)
  }

  /** Check that the state follows the one before it and has the roots of the eras before it. */
  async state(group: EraGroup, head: StateHead): Promise<void> {
    const { statePosition, stateSlot, era } = group
    const fork = forkAt(this.#network, stateSlot)
    if (toHex(head.currentForkVersion) !== fork.version) {
      const what = `state of fork ${toHex(head.currentForkVersion)}, expected ${fork.name} (${fork.version})`
      throw new VerificationError('WRONG_NETWORK', what, statePosition)
    }
    const bytes = await this.#file.groupState(group, { step: 'verify' })
    const state = decoding(`${fork.name} state`, statePosition, () => this.#ssz.state(fork.name, bytes))
    const isFirst = group === this.#file.groups[0]
    const before = this.stateRoot
    if (!isFirst && !equalBytes(before, head.stateRoots.subarray(0, 32))) {
      const what = `state of era ${era} follows a state of root ${toHex(head.stateRoots.subarray(0, 32))}, found ${toHex(before)}`
      throw new VerificationError('WRONG_PARENT', what, statePosition)
    }
    this.stateRoot = decoding('state', statePosition, () => state.root())
    if (this.#trusted && group === this.#file.groups.at(-1) && !equalBytes(this.stateRoot, this.#trusted)) {
      const what = `last state has root ${toHex(this.stateRoot)}, expected ${toHex(this.#trusted)}`
      throw new VerificationError('WRONG_ROOT', what, statePosition)
    }
    if (era > 0n && isFirst) this.previousStateRoot = head.stateRoots.slice(0, 32)
    this.#state = state
    if (era > 0n) this.#eraRoots.set(era, eraRoot(era, head))
    for (const [past, root] of this.#eraRoots) {
      const remembered = state.eraRoot(past)
      if (!remembered || !equalBytes(remembered, root)) {
        const what = `state has ${remembered ? toHex(remembered) : 'no root'} for era ${past}, expected ${toHex(root)}`
        throw new VerificationError('WRONG_ROOT', what, statePosition)
      }
    }
  }

  /** Check that the block has the root that the state has for its slot, and its proposer's signature. */
  async block({ slot, position, ssz, head, root }: CheckedBlock): Promise<void> {
    const fork = forkAt(this.#network, slot)
    const found = decoding(`${fork.name} block`, position, () => this.#ssz.blockRoot(fork.name, ssz))
    if (!equalBytes(found, root)) {
      const what = `block of slot ${slot} has root ${toHex(found)}, expected ${toHex(root)}`
      throw new VerificationError('WRONG_ROOT', what, position)
    }
    if (this.#verifySignature === false) return
    if (slot === 0n) return
    const key = this.#state?.publicKey(head.proposerIndex)
    const message = proposerSigningRoot(root, fromHex(fork.version), this.#genesisValidatorsRoot)
    if (!key || !(await this.#verifySignature(key, message, head.signature))) {
      const what = `block of slot ${slot} is not signed by validator ${head.proposerIndex}, in fork ${fork.name} (${fork.version})`
      throw new VerificationError('WRONG_SIGNATURE', what, position)
    }
    this.signatures++
  }
}

/**
 * Verify a file completely: all that {@link verifyEra} checks, the root of every block against the state's, the
 * proposers' signatures, each state's root against the next state, and the roots of earlier eras in the states.
 *
 * The file can then be trusted as far as its last state's root, which the caller compares with a trusted one.
 * Holds one state and one block at a time, as the SSZ library represents them.
 *
 * @throws {VerificationError} the content is not what it claims to be
 * @throws {E2FormatError} with step `verify`
 * @throws {SetupError} an optional package is missing
 * @see docs/spec/e2store.md §7.3
 */
export async function verifyEraFully(
  file: EraFile,
  { network, ssz, verifySignature, stateRoot, ...options }: FullVerifyOptions,
): Promise<FullEraReport> {
  const checks = new FullChecks(file, {
    network,
    ssz: ssz ?? (await lodestarSsz(network.preset)),
    verifySignature: verifySignature ?? (await nobleBls()),
    stateRoot,
  })
  const genesisValidatorsRoot = fromHex(network.genesisValidatorsRoot)
  const report = await verifyEra(file, { ...options, genesisValidatorsRoot, checks })
  const previous = checks.previousStateRoot && { previousStateRoot: checks.previousStateRoot }
  return { ...report, stateRoot: checks.stateRoot, ...previous, signatures: checks.signatures }
}

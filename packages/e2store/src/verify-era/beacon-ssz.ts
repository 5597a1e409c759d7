import { E2StoreError } from '../errors.ts'
import { type PresetName, slotsPerEra } from './network.ts'

/** The parts of a deserialized state that are used. */
export interface BeaconState {
  /** hash_tree_root of the state. */
  root(): Uint8Array
  /** Public key of a validator, or `undefined` if there is none of that index. */
  publicKey(index: bigint): Uint8Array | undefined
  /** Root of an earlier era that the state has, or `undefined` if it has none. */
  eraRoot(era: bigint): Uint8Array | undefined
}

/** The part of an SSZ library that is used. Both methods throw what the library throws for malformed bytes. */
export interface BeaconSsz {
  readonly preset: PresetName
  /** hash_tree_root of the message of a serialized signed block. */
  blockRoot(fork: string, ssz: Uint8Array): Uint8Array
  state(fork: string, ssz: Uint8Array): BeaconState
}

/** An optional package cannot be used. Recovery: install it, or use one process for each preset. */
export class SetupError extends E2StoreError<'NOT_INSTALLED' | 'OTHER_PRESET' | 'UNKNOWN_FORK'> {
  override readonly name: string = 'SetupError'
}

interface Roots {
  readonly length: number
  getReadonly(i: number): unknown
}

/** The parts of a state's view that are read; they depend on the fork. */
interface StateView {
  hashTreeRoot(): Uint8Array
  /** From Gloas on a progressive list, whose view has no `getReadonly`. */
  readonly validators: { readonly length: number; get(i: number): { readonly pubkey: Uint8Array } }
  readonly historicalRoots: Roots
  readonly historicalSummaries?: Roots
}

interface Types {
  readonly SignedBeaconBlock: {
    deserializeToView(ssz: Uint8Array): { readonly message: { hashTreeRoot(): Uint8Array } }
  }
  readonly BeaconState: { deserializeToView(ssz: Uint8Array): unknown }
}

function stateOf(view: StateView): BeaconState {
  return {
    root: () => view.hashTreeRoot(),
    publicKey: (index) =>
      index < BigInt(view.validators.length) ? view.validators.get(Number(index)).pubkey : undefined,
    eraRoot: (era) => {
      const at = Number(era) - 1
      const old = view.historicalRoots.length
      if (at < 0) return undefined
      if (at < old) return view.historicalRoots.getReadonly(at) as Uint8Array
      const summaries = view.historicalSummaries
      if (!summaries || at - old >= summaries.length) return undefined
      return (summaries.getReadonly(at - old) as { hashTreeRoot(): Uint8Array }).hashTreeRoot()
    },
  }
}

/**
 * The types of `@lodestar/types`, which has all forks. A process has one preset: the one that it chose, or the first
 * that is requested here.
 *
 * @throws {SetupError} `NOT_INSTALLED`; `OTHER_PRESET` if the process already uses another one
 */
export async function lodestarSsz(preset: PresetName): Promise<BeaconSsz> {
  const notInstalled = (cause: unknown): never => {
    throw new SetupError('NOT_INSTALLED', 'install @lodestar/types and @lodestar/params to check roots', { cause })
  }
  const { setActivePreset, PresetName: presets } = await import('@lodestar/params/setPreset').catch(notInstalled)
  try {
    setActivePreset(presets[preset])
  } catch {
    // The process has chosen its preset; whether it is this one is checked below.
  }
  const { ACTIVE_PRESET } = await import('@lodestar/params')
  const { ssz } = await import('@lodestar/types').catch(notInstalled)
  if (ACTIVE_PRESET !== presets[preset] || ssz.phase0.HistoricalBlockRoots.length !== slotsPerEra(preset)) {
    throw new SetupError('OTHER_PRESET', `this process uses preset ${ACTIVE_PRESET}, expected ${preset}`)
  }
  const byFork = new Map(Object.entries(ssz as unknown as Record<string, Types>))
  const types = (fork: string): Types => {
    const found = byFork.get(fork)
    if (!found?.BeaconState) throw new SetupError('UNKNOWN_FORK', `@lodestar/types has no fork ${fork}`)
    return found
  }
  return {
    preset,
    blockRoot: (fork, bytes) => types(fork).SignedBeaconBlock.deserializeToView(bytes).message.hashTreeRoot(),
    state: (fork, bytes) => stateOf(types(fork).BeaconState.deserializeToView(bytes) as StateView),
  }
}

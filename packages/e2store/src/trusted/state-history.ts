import { hashPair } from '../accumulator/merkle.ts'
import type { EraFile } from '../era/era-file.ts'
import type { EraGroup } from '../era/group.ts'
import { eraRoot } from '../era/roots.ts'
import { VerificationError } from '../errors.ts'
import type { HistoryRoots } from '../execution/verify/proof-checks.ts'
import { defaultHashes } from '../hash/hashes.ts'
import { equalBytes, toHex } from '../io/bytes.ts'
import { beaconTypes } from '../ssz/beacon-types.ts'
import { isSszFork } from '../ssz/fork.ts'
import { StateReader } from '../ssz/state-reader.ts'
import { type BeaconNetwork, forkAt } from '../verify-era/network.ts'
import { executionNetwork } from './execution-network.ts'
import { historicalRootsRoot } from './list-root.ts'

/** Slots of an era of the chains whose blocks have proofs. */
const ERA_SLOTS = 8192n
/** Bytes of a historical summary: the root of an era's block roots, and that of its state roots. */
const SUMMARY_BYTES = 64

/** What a beacon state knows of the eras up to its own. */
export class StateHistory {
  readonly slot: bigint
  /** hash_tree_root of the state: whoever trusts it can trust the rest. */
  readonly stateRoot: Uint8Array
  /** The root of each era up to the fork Capella, 32 bytes each, joined. */
  readonly historicalRoots: Uint8Array
  /** For each era after those the root of its block roots and that of its state roots, 64 bytes each, joined. */
  readonly summaries: Uint8Array
  readonly #own: { readonly era: bigint; readonly root: Uint8Array }

  constructor(
    parts: Pick<StateHistory, 'slot' | 'stateRoot' | 'historicalRoots' | 'summaries'>,
    own: { readonly era: bigint; readonly root: Uint8Array },
  ) {
    this.slot = parts.slot
    this.stateRoot = parts.stateRoot
    this.historicalRoots = parts.historicalRoots
    this.summaries = parts.summaries
    this.#own = own
  }

  /** The root that names an era, or `undefined` if the state is of an earlier one. */
  eraRoot(era: bigint): Uint8Array | undefined {
    if (era === this.#own.era) return this.#own.root
    const at = Number(era - 1n)
    const old = this.historicalRoots.length / 32
    if (at < 0) return undefined
    if (at < old) return this.historicalRoots.subarray(32 * at, 32 * at + 32)
    const summary = this.#summary(at - old)
    return summary && hashPair(summary.subarray(0, 32), summary.subarray(32), defaultHashes().sha256)
  }

  /** The root that proofs of execution blocks of a slot lead to, by the type of the proof. */
  readonly historyRoots: HistoryRoots = (slot, type) => {
    const at = Number(slot / ERA_SLOTS)
    const old = this.historicalRoots.length / 32
    if (type !== 1) return at < old ? undefined : this.#summary(at - old)?.subarray(0, 32)
    return at < old ? this.historicalRoots.subarray(32 * at, 32 * at + 32) : undefined
  }

  #summary(i: number): Uint8Array | undefined {
    const end = SUMMARY_BYTES * (i + 1)
    return end <= this.summaries.length ? this.summaries.subarray(end - SUMMARY_BYTES, end) : undefined
  }
}

/** Throw unless the list, which has not changed since Capella, is the one of the network, where that is known. */
function checkHistoricalRoots(config: string, kept: ReadonlyMap<string, Uint8Array>, position: number): void {
  const published = executionNetwork(config)?.historicalRootsRoot
  const roots = kept.get('historical_roots')
  if (published === undefined || roots === undefined || !kept.has('historical_summaries')) return
  const found = historicalRootsRoot(roots)
  if (equalBytes(found, published)) return
  const message = `historical_roots have root ${toHex(found)}, those of ${config} ${toHex(published)}`
  throw new VerificationError('WRONG_ROOT', message, position)
}

/**
 * Read what the state of a group (default: the last one of the file) knows of the eras before it. The state is read in
 * chunks, whatever its size.
 *
 * @throws {VerificationError} `WRONG_NETWORK`: its fork is one whose types are not known; `WRONG_ROOT`: its historical roots
 *   are not those that are known of the network
 * @throws {E2FormatError} the state is malformed
 * @see docs/spec/e2store.md §7.3
 */
export async function readStateHistory(
  file: EraFile,
  network: BeaconNetwork,
  group: EraGroup | undefined = file.groups.at(-1),
): Promise<StateHistory> {
  if (group === undefined) throw new RangeError('an era file has at least one group')
  const { stateSlot: slot, statePosition, era } = group
  const { name: fork } = forkAt(network, slot)
  if (!isSszFork(fork)) {
    const message = `state of fork ${fork}, whose types are not known`
    throw new VerificationError('WRONG_NETWORK', message, statePosition)
  }
  const keep = ['historical_roots', 'historical_summaries']
  const reader = new StateReader(beaconTypes(network.preset, fork).state, keep, statePosition)
  for await (const chunk of file.stateChunks(group, { step: 'verify' })) reader.push(chunk)
  const { root: stateRoot, kept } = reader.finish()
  const none = new Uint8Array(0)
  checkHistoricalRoots(network.config, kept, statePosition)
  const root = eraRoot(era, await file.stateHead(group, { step: 'verify' }))
  return new StateHistory(
    {
      ...{ slot, stateRoot },
      historicalRoots: kept.get('historical_roots') ?? none,
      summaries: kept.get('historical_summaries') ?? none,
    },
    { era, root: root.slice() },
  )
}

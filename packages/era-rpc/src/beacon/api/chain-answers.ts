import { beaconTypes, sszJson } from '@datastreamer/e2store/ssz'
import { hex } from '../../text/hex.ts'
import type { BeaconArchive } from '../archive/beacon-archive.ts'
import type { VerifiedBlock } from '../archive/blocks.ts'
import type { Checkpoint } from '../archive/state-facts.ts'
import { BeaconError } from '../errors.ts'
import { chooseForm } from './accept.ts'
import { type BeaconAnswer, dataAnswer, jsonAnswer, sszAnswer } from './answer.ts'
import { findBlock, findState, isSlot } from './find.ts'

const SIGNATURE_AT = 4

export async function blockAnswer(
  archive: BeaconArchive,
  id: string,
  accept: string | undefined,
): Promise<BeaconAnswer> {
  const form = chooseForm(accept, ['json', 'ssz'])
  const { fork, ssz } = await findBlock(archive, id)
  if (form === 'ssz') return sszAnswer(ssz, { length: ssz.length, fork, verified: 'chain' })
  const data = sszJson(beaconTypes(archive.network.preset, fork).signed, ssz)
  const headers = { 'Eth-Consensus-Version': fork, 'Datastreamer-Verified': 'chain', Vary: 'Accept' }
  return jsonAnswer({ version: fork, execution_optimistic: false, finalized: true, data }, 200, headers)
}

export async function blockRootAnswer(archive: BeaconArchive, id: string): Promise<BeaconAnswer> {
  return dataAnswer({ root: hex((await findBlock(archive, id)).root) })
}

export async function headerAnswer(archive: BeaconArchive, id: string): Promise<BeaconAnswer> {
  return dataAnswer(headerJson(await findBlock(archive, id)))
}

/** The headers of a slot, of which there is one, or the newest. */
export async function headersAnswer(archive: BeaconArchive, query: URLSearchParams): Promise<BeaconAnswer> {
  if (query.has('parent_root')) throw new BeaconError('BAD_ID', 'headers are not found by their parent: ask by slot')
  const slot = query.get('slot') ?? 'head'
  if (query.has('slot') && !isSlot(slot)) throw new BeaconError('BAD_ID', `slot ${slot}: expected a number`)
  return dataAnswer([headerJson(await findBlock(archive, slot))])
}

function headerJson({ root, header, ssz }: VerifiedBlock): unknown {
  const view = new DataView(header.buffer, header.byteOffset)
  return {
    root: hex(root),
    canonical: true,
    header: {
      message: {
        slot: String(view.getBigUint64(0, true)),
        proposer_index: String(view.getBigUint64(8, true)),
        parent_root: hex(header.subarray(16, 48)),
        state_root: hex(header.subarray(48, 80)),
        body_root: hex(header.subarray(80, 112)),
      },
      signature: hex(ssz.subarray(SIGNATURE_AT, SIGNATURE_AT + 96)),
    },
  }
}

export async function stateAnswer(
  archive: BeaconArchive,
  id: string,
  accept: string | undefined,
): Promise<BeaconAnswer> {
  chooseForm(accept, ['ssz'])
  const state = await findState(archive, id)
  const { bytes, fork } = state.facts
  return sszAnswer(archive.stateChunks(state), { length: bytes.length, fork, verified: state.verified })
}

export async function stateRootAnswer(archive: BeaconArchive, id: string): Promise<BeaconAnswer> {
  const { facts, verified } = await findState(archive, id)
  return dataAnswer({ root: hex(facts.root) }, { 'Datastreamer-Verified': verified })
}

export async function stateForkAnswer(archive: BeaconArchive, id: string): Promise<BeaconAnswer> {
  const { head } = (await findState(archive, id)).facts
  return dataAnswer({
    previous_version: hex(head.previousForkVersion),
    current_version: hex(head.currentForkVersion),
    epoch: String(head.forkEpoch),
  })
}

export async function finalityAnswer(archive: BeaconArchive, id: string): Promise<BeaconAnswer> {
  return dataAnswer(finalityJson((await findState(archive, id)).facts))
}

/** The checkpoints of a state. */
export function finalityJson(facts: {
  readonly previousJustified: Checkpoint
  readonly currentJustified: Checkpoint
  readonly finalized: Checkpoint
}): unknown {
  const json = ({ epoch, root }: Checkpoint): unknown => ({ epoch: String(epoch), root: hex(root) })
  return {
    previous_justified: json(facts.previousJustified),
    current_justified: json(facts.currentJustified),
    finalized: json(facts.finalized),
  }
}

export async function genesisAnswer(archive: BeaconArchive): Promise<BeaconAnswer> {
  const { head } = (await archive.anchor()).facts
  const [first] = archive.network.forks
  return jsonAnswer({
    data: {
      genesis_time: String(head.genesisTime),
      genesis_validators_root: hex(head.genesisValidatorsRoot),
      genesis_fork_version: `0x${first?.version}`,
    },
  })
}

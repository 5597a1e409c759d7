import { SSZ_PRESETS } from '@datastreamer/e2store/ssz'
import { hex } from '../../text/hex.ts'
import type { BeaconArchive } from '../archive/beacon-archive.ts'
import { type BeaconAnswer, jsonAnswer } from './answer.ts'
import { finalityJson } from './chain-answers.ts'
import { findState, latestBlockRoot } from './find.ts'

/** What the server says it is; some clients want a name, a slash, `v` and three numbers. */
export interface Version {
  /** `1.2.3`. */
  readonly number: string
}

export function versionAnswer({ number }: Version): BeaconAnswer {
  return jsonAnswer({ data: { version: `datastreamer/v${number}` } })
}

export async function syncingAnswer(archive: BeaconArchive): Promise<BeaconAnswer> {
  const finality = await archive.finality()
  return jsonAnswer({
    data: {
      head_slot: String(finality?.blockSlot ?? 0n),
      sync_distance: '0',
      is_syncing: false,
      is_optimistic: false,
      el_offline: true,
    },
  })
}

export function peersAnswer(): BeaconAnswer {
  return jsonAnswer({ data: [], meta: { count: 0 } })
}

export function peerCountAnswer(): BeaconAnswer {
  return jsonAnswer({ data: { disconnected: '0', connecting: '0', connected: '0', disconnecting: '0' } })
}

/** The status that checkpoint providers show: what a node that starts from here gets. */
export async function statusAnswer(archive: BeaconArchive, { number }: Version): Promise<BeaconAnswer> {
  const state = await findState(archive, 'finalized')
  const epoch = state.slot / BigInt(SSZ_PRESETS[archive.network.preset].SLOTS_PER_EPOCH)
  return jsonAnswer({
    data: {
      upstreams: {},
      finality: {
        ...(finalityJson(state.facts) as object),
        finalized: { epoch: String(epoch), root: hex(latestBlockRoot(state)) },
      },
      operating_mode: 'full',
      version: { short: `v${number}`, full: `datastreamer/v${number}` },
    },
  })
}

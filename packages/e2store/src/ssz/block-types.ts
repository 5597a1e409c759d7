import {
  address,
  attestationData,
  blockHeader,
  eth1Data,
  payloadTypes,
  publicKey,
  root,
  signature,
} from './common-types.ts'
import { isFrom, type SszFork } from './fork.ts'
import { EVERY_PRESET, type SszPreset } from './preset.ts'
import { bytes, container, list, type SszContainer, type SszType, uint64, vector } from './type.ts'

const signedHeader = container({ message: blockHeader, signature })
const proposerSlashing = container({ signed_header_1: signedHeader, signed_header_2: signedHeader })
const depositData = container({ pubkey: publicKey, withdrawal_credentials: root, amount: uint64, signature })
const deposit = container({ proof: vector(root, 33), data: depositData })
const voluntaryExit = container({ message: container({ epoch: uint64, validator_index: uint64 }), signature })
const blsChange = container({
  message: container({ validator_index: uint64, from_bls_pubkey: publicKey, to_execution_address: address }),
  signature,
})

const executionRequests = container({
  deposits: list(
    container({ pubkey: publicKey, withdrawal_credentials: root, amount: uint64, signature, index: uint64 }),
    EVERY_PRESET.MAX_DEPOSIT_REQUESTS_PER_PAYLOAD,
  ),
  withdrawals: list(
    container({ source_address: address, validator_pubkey: publicKey, amount: uint64 }),
    EVERY_PRESET.MAX_WITHDRAWAL_REQUESTS_PER_PAYLOAD,
  ),
  consolidations: list(
    container({ source_address: address, source_pubkey: publicKey, target_pubkey: publicKey }),
    EVERY_PRESET.MAX_CONSOLIDATION_REQUESTS_PER_PAYLOAD,
  ),
})

/** Attestations and what is slashed for them; their sizes changed in Electra. */
function attestationTypes(fork: SszFork, { MAX_COMMITTEES_PER_SLOT }: SszPreset) {
  const electra = isFrom(fork, 'electra')
  const attesters = EVERY_PRESET.MAX_VALIDATORS_PER_COMMITTEE * (electra ? MAX_COMMITTEES_PER_SLOT : 1)
  const indexed = container({ attesting_indices: list(uint64, attesters), data: attestationData, signature })
  const committees: SszType = { kind: 'bitvector', length: MAX_COMMITTEES_PER_SLOT }
  const attestation = container({
    aggregation_bits: { kind: 'bitlist', limit: attesters },
    data: attestationData,
    signature,
    ...(electra && { committee_bits: committees }),
  })
  return {
    attester_slashings: list(
      container({ attestation_1: indexed, attestation_2: indexed }),
      electra ? EVERY_PRESET.MAX_ATTESTER_SLASHINGS_ELECTRA : EVERY_PRESET.MAX_ATTESTER_SLASHINGS,
    ),
    attestations: list(attestation, electra ? EVERY_PRESET.MAX_ATTESTATIONS_ELECTRA : EVERY_PRESET.MAX_ATTESTATIONS),
  }
}

function bodyType(fork: SszFork, preset: SszPreset): SszContainer {
  const syncBits: SszType = { kind: 'bitvector', length: preset.SYNC_COMMITTEE_SIZE }
  const withdrawals = isFrom(fork, 'capella') ? preset.MAX_WITHDRAWALS_PER_PAYLOAD : undefined
  return container({
    randao_reveal: signature,
    eth1_data: eth1Data,
    graffiti: bytes(32),
    proposer_slashings: list(proposerSlashing, EVERY_PRESET.MAX_PROPOSER_SLASHINGS),
    ...attestationTypes(fork, preset),
    deposits: list(deposit, EVERY_PRESET.MAX_DEPOSITS),
    voluntary_exits: list(voluntaryExit, EVERY_PRESET.MAX_VOLUNTARY_EXITS),
    ...(isFrom(fork, 'altair') && {
      sync_aggregate: container({ sync_committee_bits: syncBits, sync_committee_signature: signature }),
    }),
    ...(isFrom(fork, 'bellatrix') && {
      execution_payload: payloadTypes(withdrawals, isFrom(fork, 'deneb')).payload,
    }),
    ...(isFrom(fork, 'capella') && {
      bls_to_execution_changes: list(blsChange, EVERY_PRESET.MAX_BLS_TO_EXECUTION_CHANGES),
    }),
    ...(isFrom(fork, 'deneb') && {
      blob_kzg_commitments: list(bytes(48), EVERY_PRESET.MAX_BLOB_COMMITMENTS_PER_BLOCK),
    }),
    ...(isFrom(fork, 'electra') && { execution_requests: executionRequests }),
  })
}

/** The types of a fork's blocks. */
export interface BlockTypes {
  readonly body: SszContainer
  readonly message: SszContainer
  readonly signed: SszContainer
}

export function blockTypes(fork: SszFork, preset: SszPreset): BlockTypes {
  const body = bodyType(fork, preset)
  const message = container({ slot: uint64, proposer_index: uint64, parent_root: root, state_root: root, body })
  return { body, message, signed: container({ message, signature }) }
}

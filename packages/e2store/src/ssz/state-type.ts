import {
  attestationData,
  blockHeader,
  checkpoint,
  eth1Data,
  fork as forkType,
  payloadTypes,
  publicKey,
  root,
  signature,
} from './common-types.ts'
import { isFrom, type SszFork } from './fork.ts'
import { EVERY_PRESET, type SszPreset } from './preset.ts'
import { boolean, container, list, type SszContainer, uint8, uint64, vector } from './type.ts'

const { VALIDATOR_REGISTRY_LIMIT } = EVERY_PRESET

const validator = container({
  pubkey: publicKey,
  withdrawal_credentials: root,
  effective_balance: uint64,
  slashed: boolean,
  activation_eligibility_epoch: uint64,
  activation_epoch: uint64,
  exit_epoch: uint64,
  withdrawable_epoch: uint64,
})

const pendingAttestation = container({
  aggregation_bits: { kind: 'bitlist', limit: EVERY_PRESET.MAX_VALIDATORS_PER_COMMITTEE },
  data: attestationData,
  inclusion_delay: uint64,
  proposer_index: uint64,
})

/** What a state remembers of an epoch's attestations. */
function participation(fork: SszFork, { SLOTS_PER_EPOCH }: SszPreset) {
  if (isFrom(fork, 'altair')) {
    const flags = list(uint8, VALIDATOR_REGISTRY_LIMIT)
    return { previous_epoch_participation: flags, current_epoch_participation: flags }
  }
  const attestations = list(pendingAttestation, EVERY_PRESET.MAX_ATTESTATIONS * SLOTS_PER_EPOCH)
  return { previous_epoch_attestations: attestations, current_epoch_attestations: attestations }
}

function syncFields(preset: SszPreset) {
  const committee = container({ pubkeys: vector(publicKey, preset.SYNC_COMMITTEE_SIZE), aggregate_pubkey: publicKey })
  return {
    inactivity_scores: list(uint64, VALIDATOR_REGISTRY_LIMIT),
    current_sync_committee: committee,
    next_sync_committee: committee,
  }
}

function electraFields(preset: SszPreset) {
  return {
    deposit_requests_start_index: uint64,
    deposit_balance_to_consume: uint64,
    exit_balance_to_consume: uint64,
    earliest_exit_epoch: uint64,
    consolidation_balance_to_consume: uint64,
    earliest_consolidation_epoch: uint64,
    pending_deposits: list(
      container({ pubkey: publicKey, withdrawal_credentials: root, amount: uint64, signature, slot: uint64 }),
      EVERY_PRESET.PENDING_DEPOSITS_LIMIT,
    ),
    pending_partial_withdrawals: list(
      container({ validator_index: uint64, amount: uint64, withdrawable_epoch: uint64 }),
      preset.PENDING_PARTIAL_WITHDRAWALS_LIMIT,
    ),
    pending_consolidations: list(
      container({ source_index: uint64, target_index: uint64 }),
      preset.PENDING_CONSOLIDATIONS_LIMIT,
    ),
  }
}

/** The type of a fork's states. */
export function stateType(fork: SszFork, preset: SszPreset): SszContainer {
  const roots = vector(root, preset.SLOTS_PER_HISTORICAL_ROOT)
  const withdrawals = isFrom(fork, 'capella') ? preset.MAX_WITHDRAWALS_PER_PAYLOAD : undefined
  const summary = container({ block_summary_root: root, state_summary_root: root })
  const lookahead = vector(uint64, (EVERY_PRESET.MIN_SEED_LOOKAHEAD + 1) * preset.SLOTS_PER_EPOCH)
  return container({
    genesis_time: uint64,
    genesis_validators_root: root,
    slot: uint64,
    fork: forkType,
    latest_block_header: blockHeader,
    block_roots: roots,
    state_roots: roots,
    historical_roots: list(root, EVERY_PRESET.HISTORICAL_ROOTS_LIMIT),
    eth1_data: eth1Data,
    eth1_data_votes: list(eth1Data, preset.EPOCHS_PER_ETH1_VOTING_PERIOD * preset.SLOTS_PER_EPOCH),
    eth1_deposit_index: uint64,
    validators: list(validator, VALIDATOR_REGISTRY_LIMIT),
    balances: list(uint64, VALIDATOR_REGISTRY_LIMIT),
    randao_mixes: vector(root, preset.EPOCHS_PER_HISTORICAL_VECTOR),
    slashings: vector(uint64, preset.EPOCHS_PER_SLASHINGS_VECTOR),
    ...participation(fork, preset),
    justification_bits: { kind: 'bitvector', length: 4 },
    previous_justified_checkpoint: checkpoint,
    current_justified_checkpoint: checkpoint,
    finalized_checkpoint: checkpoint,
    ...(isFrom(fork, 'altair') && syncFields(preset)),
    ...(isFrom(fork, 'bellatrix') && {
      latest_execution_payload_header: payloadTypes(withdrawals, isFrom(fork, 'deneb')).header,
    }),
    ...(isFrom(fork, 'capella') && {
      next_withdrawal_index: uint64,
      next_withdrawal_validator_index: uint64,
      historical_summaries: list(summary, EVERY_PRESET.HISTORICAL_ROOTS_LIMIT),
    }),
    ...(isFrom(fork, 'electra') && electraFields(preset)),
    ...(isFrom(fork, 'fulu') && { proposer_lookahead: lookahead }),
  })
}

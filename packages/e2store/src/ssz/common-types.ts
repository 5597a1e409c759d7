import { EVERY_PRESET } from './preset.ts'
import { bytes, container, list, type SszContainer, type SszType, uint64, uint256 } from './type.ts'

export const root: SszType = bytes(32)
export const publicKey: SszType = bytes(48)
export const signature: SszType = bytes(96)
export const address: SszType = bytes(20)

export const fork: SszContainer = container({ previous_version: bytes(4), current_version: bytes(4), epoch: uint64 })
export const checkpoint: SszContainer = container({ epoch: uint64, root })
export const eth1Data: SszContainer = container({ deposit_root: root, deposit_count: uint64, block_hash: root })

export const blockHeader: SszContainer = container({
  slot: uint64,
  proposer_index: uint64,
  parent_root: root,
  state_root: root,
  body_root: root,
})

export const attestationData: SszContainer = container({
  slot: uint64,
  index: uint64,
  beacon_block_root: root,
  source: checkpoint,
  target: checkpoint,
})

const payloadFields = {
  parent_hash: root,
  fee_recipient: address,
  state_root: root,
  receipts_root: root,
  logs_bloom: bytes(EVERY_PRESET.BYTES_PER_LOGS_BLOOM),
  prev_randao: root,
  block_number: uint64,
  gas_limit: uint64,
  gas_used: uint64,
  timestamp: uint64,
  extra_data: { kind: 'byteList', limit: EVERY_PRESET.MAX_EXTRA_DATA_BYTES },
  base_fee_per_gas: uint256,
  block_hash: root,
} as const

const withdrawal = container({ index: uint64, validator_index: uint64, address, amount: uint64 })

/** An execution payload from Bellatrix on, and its header in a state; `withdrawals` is how many it can have. */
export function payloadTypes(
  withdrawals: number | undefined,
  hasBlobs: boolean,
): { readonly payload: SszContainer; readonly header: SszContainer } {
  const { MAX_BYTES_PER_TRANSACTION: limit, MAX_TRANSACTIONS_PER_PAYLOAD } = EVERY_PRESET
  const blobs = hasBlobs ? { blob_gas_used: uint64, excess_blob_gas: uint64 } : {}
  return {
    payload: container({
      ...payloadFields,
      transactions: list({ kind: 'byteList', limit }, MAX_TRANSACTIONS_PER_PAYLOAD),
      ...(withdrawals !== undefined && { withdrawals: list(withdrawal, withdrawals) }),
      ...blobs,
    }),
    header: container({
      ...payloadFields,
      transactions_root: root,
      ...(withdrawals !== undefined && { withdrawals_root: root }),
      ...blobs,
    }),
  }
}

import type { Column } from './column.ts'
import { type ExportedBlock, hex, optionalHex } from './rows.ts'

/** A row for each block. */
export const BLOCKS: readonly Column<ExportedBlock>[] = [
  { name: 'timestamp', kind: 'timestamp', value: ({ timestampMs }) => timestampMs },
  { name: 'number', kind: 'integer', value: ({ block }) => block.number },
  { name: 'hash', kind: 'string', value: ({ hash }) => hash },
  { name: 'parent_hash', kind: 'string', value: ({ block }) => hex(block.header.parentHash) },
  { name: 'nonce', kind: 'string', optional: true, value: ({ block }) => optionalHex(block.header.nonce) },
  { name: 'sha3_uncles', kind: 'string', value: ({ block }) => hex(block.header.ommersHash) },
  { name: 'logs_bloom', kind: 'string', value: ({ block }) => hex(block.header.logsBloom) },
  { name: 'transactions_root', kind: 'string', value: ({ block }) => hex(block.header.transactionsRoot) },
  { name: 'state_root', kind: 'string', value: ({ block }) => hex(block.header.stateRoot) },
  { name: 'receipts_root', kind: 'string', value: ({ block }) => hex(block.header.receiptsRoot) },
  { name: 'miner', kind: 'string', value: ({ block }) => hex(block.header.beneficiary) },
  { name: 'difficulty', kind: 'decimal', value: ({ block }) => block.header.difficulty },
  { name: 'total_difficulty', kind: 'decimal', optional: true, value: ({ block }) => block.totalDifficulty },
  { name: 'size', kind: 'integer', value: ({ block }) => BigInt(block.size) },
  { name: 'extra_data', kind: 'string', value: ({ block }) => hex(block.header.extraData) },
  { name: 'gas_limit', kind: 'integer', value: ({ block }) => block.header.gasLimit },
  { name: 'gas_used', kind: 'integer', value: ({ block }) => block.header.gasUsed },
  { name: 'transaction_count', kind: 'integer', value: ({ transactions }) => BigInt(transactions.length) },
  { name: 'base_fee_per_gas', kind: 'decimal', optional: true, value: ({ block }) => block.header.baseFeePerGas },
  {
    name: 'withdrawals_root',
    kind: 'string',
    optional: true,
    value: ({ block }) => optionalHex(block.header.withdrawalsRoot),
  },
  { name: 'blob_gas_used', kind: 'integer', optional: true, value: ({ block }) => block.header.blobGasUsed },
  { name: 'excess_blob_gas', kind: 'integer', optional: true, value: ({ block }) => block.header.excessBlobGas },
]

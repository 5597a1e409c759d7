import { effectiveGasPrice } from '@datastreamer/era-history'
import type { Column } from './column.ts'
import { type ExportedTransaction, hex, optionalHex } from './rows.ts'

type Row = ExportedTransaction

/** A row for each transaction. */
export const TRANSACTIONS: readonly Column<Row>[] = [
  { name: 'hash', kind: 'string', value: ({ hash }) => hash },
  { name: 'nonce', kind: 'integer', value: ({ transaction }) => transaction.nonce },
  { name: 'transaction_index', kind: 'integer', value: ({ index }) => index },
  { name: 'from_address', kind: 'string', optional: true, value: ({ sender }) => optionalHex(sender) },
  { name: 'to_address', kind: 'string', optional: true, value: ({ transaction }) => optionalHex(transaction.to) },
  { name: 'value', kind: 'decimal', value: ({ transaction }) => transaction.value },
  { name: 'gas', kind: 'integer', value: ({ transaction }) => transaction.gasLimit },
  {
    name: 'gas_price',
    kind: 'decimal',
    value: ({ transaction, of }) => effectiveGasPrice(transaction, of.block.header.baseFeePerGas),
  },
  { name: 'input', kind: 'string', value: ({ transaction }) => hex(transaction.input) },
  { name: 'block_timestamp', kind: 'timestamp', value: ({ of }) => of.timestampMs },
  { name: 'block_number', kind: 'integer', value: ({ of }) => of.block.number },
  { name: 'block_hash', kind: 'string', value: ({ of }) => of.hash },
  { name: 'max_fee_per_gas', kind: 'decimal', optional: true, value: ({ transaction }) => transaction.maxFeePerGas },
  {
    name: 'max_priority_fee_per_gas',
    kind: 'decimal',
    optional: true,
    value: ({ transaction }) => transaction.maxPriorityFeePerGas,
  },
  { name: 'transaction_type', kind: 'integer', value: ({ transaction }) => BigInt(transaction.type) },
  {
    name: 'max_fee_per_blob_gas',
    kind: 'decimal',
    optional: true,
    value: ({ transaction }) => transaction.maxFeePerBlobGas,
  },
  {
    name: 'blob_versioned_hashes',
    kind: 'strings',
    value: ({ transaction }) => (transaction.blobVersionedHashes ?? []).map(hex),
  },
]

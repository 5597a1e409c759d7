import type { TransactionReceipt } from '@datastreamer/era-history'
import type { Column } from './column.ts'
import { type ExportedTransaction, hex, optionalHex } from './rows.ts'

/** A transaction whose receipt was read. */
export interface ReceiptRow {
  readonly of: ExportedTransaction
  readonly receipt: TransactionReceipt
}

/** A row for each transaction, with what happened when it was executed. */
export const RECEIPTS: readonly Column<ReceiptRow>[] = [
  { name: 'transaction_hash', kind: 'string', value: ({ of }) => of.hash },
  { name: 'transaction_index', kind: 'integer', value: ({ of }) => of.index },
  { name: 'block_hash', kind: 'string', value: ({ of }) => of.of.hash },
  { name: 'block_number', kind: 'integer', value: ({ of }) => of.of.block.number },
  { name: 'cumulative_gas_used', kind: 'integer', value: ({ receipt }) => receipt.cumulativeGasUsed },
  { name: 'gas_used', kind: 'integer', value: ({ receipt }) => receipt.gasUsed },
  {
    name: 'contract_address',
    kind: 'string',
    optional: true,
    value: ({ receipt }) => optionalHex(receipt.contractAddress),
  },
  {
    name: 'root',
    kind: 'string',
    optional: true,
    value: ({ receipt: { outcome } }) => (typeof outcome === 'boolean' ? undefined : hex(outcome)),
  },
  {
    name: 'status',
    kind: 'integer',
    optional: true,
    value: ({ receipt: { outcome } }) => (typeof outcome === 'boolean' ? BigInt(outcome) : undefined),
  },
  { name: 'effective_gas_price', kind: 'decimal', value: ({ receipt }) => receipt.effectiveGasPrice },
  { name: 'blob_gas_price', kind: 'decimal', optional: true, value: ({ receipt }) => receipt.blobGasPrice },
  { name: 'blob_gas_used', kind: 'integer', optional: true, value: ({ receipt }) => receipt.blobGasUsed },
]

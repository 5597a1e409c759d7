import type { Column } from './column.ts'
import { type ExportedWithdrawal, hex } from './rows.ts'

/** A row for each withdrawal from the beacon chain. */
export const WITHDRAWALS: readonly Column<ExportedWithdrawal>[] = [
  { name: 'index', kind: 'integer', value: ({ withdrawal }) => withdrawal.index },
  { name: 'validator_index', kind: 'integer', value: ({ withdrawal }) => withdrawal.validatorIndex },
  { name: 'address', kind: 'string', value: ({ withdrawal }) => hex(withdrawal.address) },
  { name: 'amount', kind: 'integer', value: ({ withdrawal }) => withdrawal.amount },
  { name: 'block_timestamp', kind: 'timestamp', value: ({ of }) => of.timestampMs },
  { name: 'block_number', kind: 'integer', value: ({ of }) => of.block.number },
  { name: 'block_hash', kind: 'string', value: ({ of }) => of.hash },
]

import { BLOCKS } from './blocks.ts'
import type { Column, ColumnKind } from './column.ts'
import { LOGS } from './logs.ts'
import { RECEIPTS, type ReceiptRow } from './receipts.ts'
import type { ExportedBlock, ExportedLog, ExportedTransaction, ExportedWithdrawal, Needs } from './rows.ts'
import { TRANSACTIONS } from './transactions.ts'
import { WITHDRAWALS } from './withdrawals.ts'

/** A table: its columns, and the rows that a block gives. */
export interface Table<Row> {
  readonly columns: readonly Column<Row>[]
  readonly needs: Needs
  rows(block: ExportedBlock): Iterable<Row>
}

function* receiptsOf(block: ExportedBlock): Generator<ReceiptRow, void, void> {
  for (const of of block.transactions) if (of.receipt) yield { of, receipt: of.receipt }
}

function* logsOf(block: ExportedBlock): Generator<ExportedLog, void, void> {
  let logIndex = 0n
  for (const { of, receipt } of receiptsOf(block)) {
    for (const log of receipt.logs) {
      yield { of, log, logIndex }
      logIndex++
    }
  }
}

const blocks: Table<ExportedBlock> = {
  columns: BLOCKS,
  needs: { senders: false, receipts: false },
  rows: (block) => [block],
}
const transactions: Table<ExportedTransaction> = {
  columns: TRANSACTIONS,
  needs: { senders: true, receipts: false },
  rows: (block) => block.transactions,
}
const receipts: Table<ReceiptRow> = {
  columns: RECEIPTS,
  needs: { senders: false, receipts: true },
  rows: receiptsOf,
}
const logs: Table<ExportedLog> = { columns: LOGS, needs: { senders: false, receipts: true }, rows: logsOf }
const withdrawals: Table<ExportedWithdrawal> = {
  columns: WITHDRAWALS,
  needs: { senders: false, receipts: false },
  rows: (of) => (of.block.body.withdrawals ?? []).map((withdrawal) => ({ of, withdrawal })),
}

/** All tables by name. */
export const TABLES: {
  readonly blocks: Table<ExportedBlock>
  readonly transactions: Table<ExportedTransaction>
  readonly receipts: Table<ReceiptRow>
  readonly logs: Table<ExportedLog>
  readonly withdrawals: Table<ExportedWithdrawal>
} = { blocks, transactions, receipts, logs, withdrawals }

export type TableName = 'blocks' | 'transactions' | 'receipts' | 'logs' | 'withdrawals'

export const TABLE_NAMES: readonly TableName[] = ['blocks', 'transactions', 'receipts', 'logs', 'withdrawals']

/** The name and type of a column. */
export interface ColumnInfo {
  readonly name: string
  readonly kind: ColumnKind
  /** Whether it can be NULL. */
  readonly optional: boolean
}

/** The columns of a table, in order. */
export function tableColumns(name: TableName): readonly ColumnInfo[] {
  const columns: readonly Column<never>[] = TABLES[name].columns
  return columns.map((column) => ({ name: column.name, kind: column.kind, optional: column.optional ?? false }))
}

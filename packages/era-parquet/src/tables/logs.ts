import type { Column } from './column.ts'
import { type ExportedLog, hex } from './rows.ts'

/** A row for each log. */
export const LOGS: readonly Column<ExportedLog>[] = [
  { name: 'log_index', kind: 'integer', value: ({ logIndex }) => logIndex },
  { name: 'transaction_hash', kind: 'string', value: ({ of }) => of.hash },
  { name: 'transaction_index', kind: 'integer', value: ({ of }) => of.index },
  { name: 'address', kind: 'string', value: ({ log }) => hex(log.address) },
  { name: 'data', kind: 'string', value: ({ log }) => hex(log.data) },
  { name: 'topics', kind: 'strings', value: ({ log }) => log.topics.map(hex) },
  { name: 'block_timestamp', kind: 'timestamp', value: ({ of }) => of.of.timestampMs },
  { name: 'block_number', kind: 'integer', value: ({ of }) => of.of.block.number },
  { name: 'block_hash', kind: 'string', value: ({ of }) => of.of.hash },
]

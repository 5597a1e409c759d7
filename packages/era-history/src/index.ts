export type {
  BlockId,
  BlockLogs,
  History,
  HistoryBlock,
  LogFilter,
  SearchOptions,
  TransactionReceipt,
  Whereabouts,
} from './history.ts'
export type { AccessListItem, Authorization, DepositFields, Transaction } from './transaction.ts'

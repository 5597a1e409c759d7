export type { BlockId, HistoryBlock } from './blocks/history-block.ts'
export { type HistoryCode, HistoryError, TransactionError } from './errors.ts'
export type { FileState, FileStatus } from './files/history-file.ts'
export type { BlockLogs, History, LogFilter, SearchOptions, Whereabouts } from './history.ts'
export type { HistoryOptions, OpenHistory } from './history-options.ts'
export { openHistory } from './open-history.ts'
export { blobGasPrice } from './receipts/blob-price.ts'
export { createdAddress, deriveReceipts, effectiveGasPrice, type ReceiptContext } from './receipts/derive.ts'
export type { TransactionReceipt } from './receipts/receipt.ts'
export { recoverSenders } from './senders/senders.ts'
export { RecoveryThreads } from './senders/threads.ts'
export { decodeTransaction } from './transactions/decode.ts'
export {
  type AccessListItem,
  type Authorization,
  DEPOSIT_TYPE,
  type DepositFields,
  type Transaction,
} from './transactions/transaction.ts'
export { builtInRoots } from './trust/built-in-roots.ts'
export type { AccumulatorList, TrustedBlock, TrustedRoots, TrustLevel, TrustMode } from './trust/trust.ts'

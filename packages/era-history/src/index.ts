export { TransactionError } from './errors.ts'
export type {
  BlockId,
  BlockLogs,
  History,
  HistoryBlock,
  LogFilter,
  SearchOptions,
  Whereabouts,
} from './history.ts'
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

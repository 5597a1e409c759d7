import { E2StoreError } from '@datastreamer/e2store'

/** A transaction that cannot be read: of a type that nobody specified yet, or signed in no known way. */
export class TransactionError extends E2StoreError<'UNKNOWN_TYPE' | 'BAD_SIGNATURE'> {
  override readonly name: string = 'TransactionError'
}

export type HistoryCode =
  /** No file at the locations is an archive of blocks. */
  | 'NO_FILES'
  /** There are files of several networks, and none was chosen. */
  | 'SEVERAL_NETWORKS'
  /** No file that holds the block has it as it must be; `cause` says what is wrong with the first. */
  | 'BLOCK_REJECTED'
  /** The block is consistent, but no trusted root covers it. */
  | 'UNTRUSTED'
  /** A block of the range is in no file. */
  | 'NOT_HELD'
  /** No file that is held has receipts of a block. */
  | 'NO_RECEIPTS'
  /** A hash was not found where there are sidecars, and the other files are too large to be scanned for it. */
  | 'NO_INDEX'
  /** The history was closed. */
  | 'CLOSED'

/** A history cannot answer. */
export class HistoryError extends E2StoreError<HistoryCode> {
  override readonly name: string = 'HistoryError'
}

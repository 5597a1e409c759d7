import type { BlockBody, BlockHeader } from '@datastreamer/e2store/execution'
import type { TransactionReceipt } from '../receipts/receipt.ts'
import type { Transaction } from '../transactions/transaction.ts'
import type { TrustLevel } from '../trust/trust.ts'

/** A block by number and hash. */
export interface BlockId {
  readonly number: bigint
  /** 32 bytes. */
  readonly hash: Uint8Array
}

/** A block whose content was compared with its header, and its header with its file's roots. */
export interface HistoryBlock extends BlockId {
  readonly header: BlockHeader
  /** The RLP of the header, which is hashed. */
  readonly headerRlp: Uint8Array
  readonly body: BlockBody
  /** Bytes of the block's RLP: header, transactions, uncles and withdrawals. */
  readonly size: number
  /** Only where the file holds it. */
  readonly totalDifficulty?: bigint
  /** How far the header was verified. */
  readonly trust: TrustLevel
  /** Decoded once. */
  transactions(): readonly Transaction[]
  /** The senders of the transactions, 20 bytes each; recovered once. */
  senders(): Promise<readonly Uint8Array[]>
  /** `undefined` if the files do not hold receipts of this block. */
  receipts(): Promise<readonly TransactionReceipt[] | undefined>
}

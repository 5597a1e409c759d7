import type { EventLog } from '@datastreamer/e2store/execution'

/** A receipt with all that a block's receipts imply. */
export interface TransactionReceipt {
  readonly type: number
  /** Whether the transaction succeeded; before Byzantium the state's root after it, 32 bytes. */
  readonly outcome: boolean | Uint8Array
  readonly cumulativeGasUsed: bigint
  readonly gasUsed: bigint
  /** Wei for each unit of gas; 0 for deposits of OP chains. */
  readonly effectiveGasPrice: bigint
  /** 256 bytes. */
  readonly logsBloom: Uint8Array
  readonly logs: readonly EventLog[]
  /** Index in the block of its first log. */
  readonly firstLogIndex: number
  /** The address of a creation, also of a failed one; 20 bytes. */
  readonly contractAddress?: Uint8Array
  /** Type 3, as the next. */
  readonly blobGasUsed?: bigint
  /** Wei; absent where the network's parameters are not known. */
  readonly blobGasPrice?: bigint
  /** Of a deposit on an OP chain from Regolith on: the sender's nonce. */
  readonly depositNonce?: bigint
  /** From Canyon on. */
  readonly depositReceiptVersion?: bigint
}

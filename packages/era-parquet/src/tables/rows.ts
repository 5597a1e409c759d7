import type { EventLog, Withdrawal } from '@datastreamer/e2store/execution'
import type { HistoryBlock, Transaction, TransactionReceipt } from '@datastreamer/era-history'

/** A block with all that rows are made of. */
export interface ExportedBlock {
  readonly block: HistoryBlock
  /** `0x` and hex. */
  readonly hash: string
  /** Milliseconds since 1970. */
  readonly timestampMs: bigint
  readonly transactions: readonly ExportedTransaction[]
}

export interface ExportedTransaction {
  readonly of: ExportedBlock
  readonly transaction: Transaction
  readonly hash: string
  readonly index: bigint
  /** 20 bytes; absent if no table needs it. */
  readonly sender: Uint8Array | undefined
  /** Absent if no table needs it. */
  readonly receipt: TransactionReceipt | undefined
}

export interface ExportedLog {
  readonly of: ExportedTransaction
  readonly log: EventLog
  readonly logIndex: bigint
}

export interface ExportedWithdrawal {
  readonly of: ExportedBlock
  readonly withdrawal: Withdrawal
}

/** `0x` and lower-case hex. */
export function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`
}

export function optionalHex(bytes: Uint8Array | undefined): string | undefined {
  return bytes && hex(bytes)
}

/** What a block's rows need beside the block itself. */
export interface Needs {
  readonly senders: boolean
  readonly receipts: boolean
}

/** Read what the rows of a block are made of. */
export async function exportedBlock(block: HistoryBlock, needs: Needs): Promise<ExportedBlock> {
  const senders = needs.senders ? await block.senders() : undefined
  const receipts = needs.receipts ? await block.receipts() : undefined
  const transactions: ExportedTransaction[] = []
  const of = { block, hash: hex(block.hash), timestampMs: block.header.timestamp * 1000n, transactions }
  for (const [i, transaction] of block.transactions().entries()) {
    const own = { sender: senders?.[i], receipt: receipts?.[i] }
    transactions.push({ of, transaction, hash: hex(transaction.hash), index: BigInt(i), ...own })
  }
  return of
}

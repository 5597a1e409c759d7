import { type BlockHeader, defaultHashes, encodeRlp, logsBloom, type Receipt } from '@datastreamer/e2store/execution'
import type { Transaction } from '../transactions/transaction.ts'
import { blobGasPrice } from './blob-price.ts'
import type { TransactionReceipt } from './receipt.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

const BLOB_GAS = 131_072n
const BLOB_TYPE = 3

/** A block, as far as its receipts depend on it. */
export interface ReceiptContext {
  readonly header: BlockHeader
  /** As in the names of files; the price of blob gas depends on it. */
  readonly network: string | undefined
  readonly transactions: readonly Transaction[]
  /** Of the transactions, 20 bytes each. */
  readonly senders: readonly Uint8Array[]
}

/**
 * What the receipts of a block imply beside what they hold: differences of gas, prices, created addresses, blooms.
 *
 * @param receipts one for each transaction
 */
export function deriveReceipts(receipts: readonly Receipt[], context: ReceiptContext): TransactionReceipt[] {
  const { header, network, transactions, senders } = context
  const blobPrice = blobGasPrice(header, network)
  let gasBefore = 0n
  let firstLogIndex = 0
  return receipts.map((receipt, i) => {
    const transaction = transactions[i]
    const sender = senders[i]
    if (transaction === undefined || sender === undefined) {
      throw new RangeError(`${receipts.length} receipts for ${transactions.length} transactions`)
    }
    const { cumulativeGasUsed, logs, outcome } = receipt
    const derived: Writable<TransactionReceipt> = {
      ...{ type: receipt.type, outcome, cumulativeGasUsed, logs, firstLogIndex },
      gasUsed: cumulativeGasUsed - gasBefore,
      effectiveGasPrice: effectiveGasPrice(transaction, header.baseFeePerGas),
      logsBloom: receipt.logsBloom ?? logsBloom(logs, defaultHashes()),
    }
    const { depositNonce, depositReceiptVersion } = receipt
    if (depositNonce !== undefined) derived.depositNonce = depositNonce
    if (depositReceiptVersion !== undefined) derived.depositReceiptVersion = depositReceiptVersion
    if (transaction.to === undefined) {
      derived.contractAddress = createdAddress(sender, depositNonce ?? transaction.nonce)
    }
    if (transaction.type === BLOB_TYPE) {
      derived.blobGasUsed = BLOB_GAS * BigInt(transaction.blobVersionedHashes?.length ?? 0)
      if (blobPrice !== undefined) derived.blobGasPrice = blobPrice
    }
    gasBefore = cumulativeGasUsed
    firstLogIndex += logs.length
    return derived
  })
}

/** What a transaction paid for each unit of gas, in wei: of types 2 to 4 the base fee and a tip. */
export function effectiveGasPrice(transaction: Transaction, baseFeePerGas: bigint | undefined): bigint {
  const { gasPrice, maxFeePerGas, maxPriorityFeePerGas } = transaction
  if (gasPrice !== undefined) return gasPrice
  if (maxFeePerGas === undefined || maxPriorityFeePerGas === undefined) return 0n
  const wanted = (baseFeePerGas ?? 0n) + maxPriorityFeePerGas
  return wanted < maxFeePerGas ? wanted : maxFeePerGas
}

/** The address of the contract that a transaction creates. */
export function createdAddress(sender: Uint8Array, nonce: bigint): Uint8Array {
  return defaultHashes()
    .keccak256(encodeRlp([sender, nonce]))
    .subarray(12)
}

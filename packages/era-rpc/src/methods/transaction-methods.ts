import type { HistoryBlock } from '@datastreamer/era-history'
import { type BlockRef, numberOrTag } from '../params/block-ref.ts'
import { hash, index } from '../params/values.ts'
import type { JsonText } from '../protocol/json-text.ts'
import { wordsOf } from '../text/block-words.ts'
import { receiptText } from '../text/receipt-text.ts'
import { transactionText } from '../text/transaction-text.ts'
import { findBlock, receiptsOf } from './find.ts'
import { type Call, type MethodTable, method, NULL } from './method.ts'

/** Single transactions and their receipts. */
export const transactionMethods: MethodTable = {
  eth_getTransactionByHash: method([hash], async (call, hash) => {
    const found = await findTransaction(call, hash)
    return found === undefined ? NULL : transactionAt(found.block, found.index)
  }),
  eth_getTransactionReceipt: method([hash], async (call, hash) => {
    const found = await findTransaction(call, hash)
    return found === undefined ? NULL : receiptAt(call, found.block, found.index)
  }),
  eth_getTransactionByBlockNumberAndIndex: method([numberOrTag, index], byIndex),
  eth_getTransactionByBlockHashAndIndex: method([hash, index], (call, hash, index) =>
    byIndex(call, { by: 'hash', hash }, index),
  ),
}

/** The block of a transaction, and where in it that is. */
export async function findTransaction(
  call: Call,
  hash: Uint8Array,
): Promise<{ readonly block: HistoryBlock; readonly index: number } | undefined> {
  const found = await call.history.transactionAt(hash)
  if (found === undefined) return undefined
  const block = await findBlock(call, { by: 'number', number: found.block })
  return block && { block, index: found.index }
}

async function byIndex(call: Call, ref: BlockRef, index: bigint): Promise<JsonText> {
  const block = await findBlock(call, ref)
  return block === undefined ? NULL : transactionAt(block, Number(index))
}

async function transactionAt(block: HistoryBlock, index: number): Promise<string> {
  const transaction = block.transactions()[index]
  if (transaction === undefined) return NULL
  const senders = await block.senders()
  return transactionText(transaction, index, senders[index], block.header.baseFeePerGas, wordsOf(block))
}

async function receiptAt(call: Call, block: HistoryBlock, index: number): Promise<string> {
  const receipt = (await receiptsOf(call, block))[index]
  const transaction = block.transactions()[index]
  if (receipt === undefined || transaction === undefined) return NULL
  const senders = await block.senders()
  return receiptText(block, index, transaction, senders[index], receipt)
}

import type { HistoryBlock } from '@datastreamer/era-history'
import { anyBlock, type BlockRef, numberOrTag } from '../params/block-ref.ts'
import { flag, hash, index } from '../params/values.ts'
import type { JsonText } from '../protocol/json-text.ts'
import { blockText, headerText, uncleText } from '../text/block-text.ts'
import { quantity } from '../text/hex.ts'
import { receiptText } from '../text/receipt-text.ts'
import { findBlock, receiptsOf } from './find.ts'
import { JsonList } from './json-list.ts'
import { type Call, type MethodTable, method, NULL } from './method.ts'

/** Blocks, their headers, receipts and uncles. */
export const blockMethods: MethodTable = {
  eth_getBlockByNumber: method([numberOrTag, flag], block),
  eth_getBlockByHash: method([hash, flag], (call, hash, full) => block(call, { by: 'hash', hash }, full)),
  eth_getHeaderByNumber: method([numberOrTag], (call, ref) => ofBlock(call, ref, headerText)),
  eth_getHeaderByHash: method([hash], (call, hash) => ofBlock(call, { by: 'hash', hash }, headerText)),
  eth_getBlockReceipts: method([anyBlock], receipts),
  eth_getBlockTransactionCountByNumber: method([numberOrTag], (call, ref) => ofBlock(call, ref, transactionCount)),
  eth_getBlockTransactionCountByHash: method([hash], (call, hash) =>
    ofBlock(call, { by: 'hash', hash }, transactionCount),
  ),
  eth_getUncleCountByBlockNumber: method([numberOrTag], (call, ref) => ofBlock(call, ref, uncleCount)),
  eth_getUncleCountByBlockHash: method([hash], (call, hash) => ofBlock(call, { by: 'hash', hash }, uncleCount)),
  eth_getUncleByBlockNumberAndIndex: method([numberOrTag, index], uncle),
  eth_getUncleByBlockHashAndIndex: method([hash, index], (call, hash, index) =>
    uncle(call, { by: 'hash', hash }, index),
  ),
}

type TextOf = (block: HistoryBlock, call: Call) => JsonText | Promise<JsonText>

async function ofBlock(call: Call, ref: BlockRef, textOf: TextOf): Promise<JsonText> {
  const block = await findBlock(call, ref)
  return block === undefined ? NULL : textOf(block, call)
}

function block(call: Call, ref: BlockRef, full: boolean): Promise<JsonText> {
  const { totalDifficulty } = call
  return ofBlock(call, ref, (block) => blockText(block, { full, totalDifficulty }))
}

function receipts(call: Call, ref: BlockRef): Promise<JsonText> {
  return ofBlock(call, ref, receiptList)
}

async function receiptList(block: HistoryBlock, call: Call): Promise<JsonText> {
  const receipts = await receiptsOf(call, block)
  if (receipts.length === 0) return '[]'
  const transactions = block.transactions()
  const senders = await block.senders()
  const list = new JsonList()
  for (const [at, receipt] of receipts.entries()) {
    const transaction = transactions[at]
    if (transaction === undefined) break
    list.add(receiptText(block, at, transaction, senders[at], receipt))
  }
  return list.end()
}

function transactionCount({ body }: HistoryBlock): string {
  return `"${quantity(body.transactions.length)}"`
}

function uncleCount({ body }: HistoryBlock): string {
  return `"${quantity(body.uncles.length)}"`
}

function uncle(call: Call, ref: BlockRef, index: bigint): Promise<JsonText> {
  return ofBlock(call, ref, ({ body }) => {
    const uncle = body.uncles[Number(index)]
    return uncle === undefined ? NULL : uncleText(uncle)
  })
}

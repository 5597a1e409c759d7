import type { EventLog } from '@datastreamer/e2store/execution'
import type { HistoryBlock, Transaction, TransactionReceipt } from '@datastreamer/era-history'
import { wordsOf } from './block-words.ts'
import { hex, quantity } from './hex.ts'

/**
 * JSON of a receipt, as `eth_getTransactionReceipt` gives it.
 *
 * @param index of the transaction in its block
 * @param sender 20 bytes
 */
export function receiptText(
  block: HistoryBlock,
  index: number,
  { hash, to }: Transaction,
  sender: Uint8Array | undefined,
  receipt: TransactionReceipt,
): string {
  const words = wordsOf(block)
  const { contractAddress, outcome, blobGasUsed, blobGasPrice } = receipt
  const transactionHash = hex(hash)
  let text = `{"blockHash":"${words.hash}","blockNumber":"${words.number}"`
  text += `,"contractAddress":${contractAddress === undefined ? 'null' : `"${hex(contractAddress)}"`}`
  text += `,"cumulativeGasUsed":"${quantity(receipt.cumulativeGasUsed)}"`
  text += `,"effectiveGasPrice":"${quantity(receipt.effectiveGasPrice)}"`
  text += `,"from":${sender === undefined ? 'null' : `"${hex(sender)}"`},"gasUsed":"${quantity(receipt.gasUsed)}"`
  text += `,"logs":${logList(block, receipt, transactionHash, index)},"logsBloom":"${hex(receipt.logsBloom)}"`
  text += `,"to":${to === undefined ? 'null' : `"${hex(to)}"`},"transactionHash":"${transactionHash}"`
  text += `,"transactionIndex":"${quantity(index)}","type":"${quantity(receipt.type)}"`
  text += typeof outcome === 'boolean' ? `,"status":"${outcome ? '0x1' : '0x0'}"` : `,"root":"${hex(outcome)}"`
  if (blobGasUsed !== undefined) text += `,"blobGasUsed":"${quantity(blobGasUsed)}"`
  if (blobGasPrice !== undefined) text += `,"blobGasPrice":"${quantity(blobGasPrice)}"`
  return `${text}}`
}

function logList(block: HistoryBlock, receipt: TransactionReceipt, transactionHash: string, index: number): string {
  const { logs, firstLogIndex } = receipt
  if (logs.length === 0) return '[]'
  const texts = logs.map((log, at) => logText(block, log, transactionHash, index, firstLogIndex + at))
  return `[${texts.join(',')}]`
}

/**
 * JSON of a log, as `eth_getLogs` gives it.
 *
 * @param transactionHash as hex
 * @param transactionIndex in the block
 * @param logIndex in the block
 */
export function logText(
  block: HistoryBlock,
  { address, topics, data }: EventLog,
  transactionHash: string,
  transactionIndex: number,
  logIndex: number,
): string {
  const { hash, number, timestamp } = wordsOf(block)
  let text = `{"address":"${hex(address)}","topics":[`
  for (const [at, topic] of topics.entries()) text += at === 0 ? `"${hex(topic)}"` : `,"${hex(topic)}"`
  text += `],"data":"${hex(data)}","blockNumber":"${number}","transactionHash":"${transactionHash}"`
  text += `,"transactionIndex":"${quantity(transactionIndex)}","blockHash":"${hash}"`
  return `${text},"blockTimestamp":"${timestamp}","logIndex":"${quantity(logIndex)}","removed":false}`
}

import { type BlockHeader, defaultHashes, encodeHeader } from '@datastreamer/e2store/execution'
import type { HistoryBlock } from '@datastreamer/era-history'
import { hashListOf, wordsOf } from './block-words.ts'
import { hex, quantity } from './hex.ts'
import { transactionText } from './transaction-text.ts'

export interface BlockTextOptions {
  /** Whole transactions, not their hashes alone. */
  readonly full: boolean
  /** With the total difficulty where the files hold it, which the specification no longer has. */
  readonly totalDifficulty: boolean
}

/** JSON of a block, as `eth_getBlockByNumber` gives it. */
export async function blockText(block: HistoryBlock, options: BlockTextOptions): Promise<string> {
  const { header, body, totalDifficulty } = block
  let text = `{${headerFields(header, wordsOf(block).hash)}`
  if (options.totalDifficulty && totalDifficulty !== undefined) {
    text += `,"totalDifficulty":"${quantity(totalDifficulty)}"`
  }
  text += `,"size":"${quantity(block.size)}","uncles":${list(uncleHashes(block))}`
  if (body.withdrawals !== undefined) {
    text += ',"withdrawals":['
    let comma = ''
    for (const { index, validatorIndex, address, amount } of body.withdrawals) {
      text += `${comma}{"index":"${quantity(index)}","validatorIndex":"${quantity(validatorIndex)}"`
      text += `,"address":"${hex(address)}","amount":"${quantity(amount)}"}`
      comma = ','
    }
    text += ']'
  }
  return `${text},"transactions":${await transactionList(block, options.full)}}`
}

async function transactionList(block: HistoryBlock, full: boolean): Promise<string> {
  if (!full) return hashListOf(block)
  const transactions = block.transactions()
  if (transactions.length === 0) return '[]'
  const senders = await block.senders()
  let text = '['
  for (const [index, transaction] of transactions.entries()) {
    if (index > 0) text += ','
    text += transactionText(transaction, index, senders[index], block.header.baseFeePerGas, wordsOf(block))
  }
  return `${text}]`
}

/** JSON of a header, as `eth_getHeaderByNumber` gives it. */
export function headerText(block: HistoryBlock): string {
  return `{${headerFields(block.header, wordsOf(block).hash)}}`
}

const LIST_TAGS_BYTES = 2
const EMPTY = '[]'

/** JSON of an uncle: a block without transactions, which nobody has. */
export function uncleText(uncle: BlockHeader): string {
  const rlp = encodeHeader(uncle)
  const size = listBytes(rlp.length + LIST_TAGS_BYTES)
  return `{${headerFields(uncle, hex(defaultHashes().keccak256(rlp)))},"size":"${quantity(size)}","uncles":${EMPTY}}`
}

/** Bytes of an RLP list of so many bytes. */
function listBytes(payload: number): number {
  if (payload < 56) return payload + 1
  return payload + 1 + Math.ceil(payload.toString(16).length / 2)
}

function uncleHashes({ body }: HistoryBlock): readonly string[] {
  return body.uncles.map((uncle) => hex(defaultHashes().keccak256(encodeHeader(uncle))))
}

function list(texts: readonly string[]): string {
  return texts.length === 0 ? EMPTY : `["${texts.join('","')}"]`
}

function headerFields(header: BlockHeader, hash: string): string {
  let text = `"hash":"${hash}","parentHash":"${hex(header.parentHash)}","sha3Uncles":"${hex(header.ommersHash)}"`
  text += `,"miner":"${hex(header.beneficiary)}","stateRoot":"${hex(header.stateRoot)}"`
  text += `,"transactionsRoot":"${hex(header.transactionsRoot)}","receiptsRoot":"${hex(header.receiptsRoot)}"`
  text += `,"logsBloom":"${hex(header.logsBloom)}","difficulty":"${quantity(header.difficulty)}"`
  text += `,"number":"${quantity(header.number)}","gasLimit":"${quantity(header.gasLimit)}"`
  text += `,"gasUsed":"${quantity(header.gasUsed)}","timestamp":"${quantity(header.timestamp)}"`
  text += `,"extraData":"${hex(header.extraData)}"${sealFields(header)}`
  const { baseFeePerGas, withdrawalsRoot, blobGasUsed, excessBlobGas, parentBeaconBlockRoot, requestsHash } = header
  const { blockAccessListHash, slotNumber } = header
  if (baseFeePerGas !== undefined) text += `,"baseFeePerGas":"${quantity(baseFeePerGas)}"`
  if (withdrawalsRoot !== undefined) text += `,"withdrawalsRoot":"${hex(withdrawalsRoot)}"`
  if (blobGasUsed !== undefined) text += `,"blobGasUsed":"${quantity(blobGasUsed)}"`
  if (excessBlobGas !== undefined) text += `,"excessBlobGas":"${quantity(excessBlobGas)}"`
  if (parentBeaconBlockRoot !== undefined) text += `,"parentBeaconBlockRoot":"${hex(parentBeaconBlockRoot)}"`
  if (requestsHash !== undefined) text += `,"requestsHash":"${hex(requestsHash)}"`
  if (blockAccessListHash !== undefined) text += `,"blockAccessListHash":"${hex(blockAccessListHash)}"`
  if (slotNumber !== undefined) text += `,"slotNumber":"${quantity(slotNumber)}"`
  return text
}

/** Of an authority round, as nodes of Gnosis Chain give it, or of proof of work. */
function sealFields({ mixHash, nonce, aura, beneficiary }: BlockHeader): string {
  if (aura !== undefined) {
    return `,"author":"${hex(beneficiary)}","step":"${quantity(aura.step)}","signature":"${hex(aura.signature)}"`
  }
  return mixHash === undefined || nonce === undefined ? '' : `,"mixHash":"${hex(mixHash)}","nonce":"${hex(nonce)}"`
}

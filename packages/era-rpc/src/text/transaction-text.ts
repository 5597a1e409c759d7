import type { AccessListItem, Authorization, Transaction } from '@datastreamer/era-history'
import type { BlockWords } from './block-words.ts'
import { hex, quantity } from './hex.ts'

/**
 * JSON of a transaction in a block, as `eth_getTransactionByHash` gives it.
 *
 * @param sender 20 bytes
 * @param baseFee of the block, if it has one
 */
export function transactionText(
  transaction: Transaction,
  index: number,
  sender: Uint8Array | undefined,
  baseFee: bigint | undefined,
  block: BlockWords,
): string {
  const { hash, type, nonce, gasLimit, to, value, input } = transaction
  let text = `{"blockHash":"${block.hash}","blockNumber":"${block.number}","blockTimestamp":"${block.timestamp}"`
  text += `,"from":${sender === undefined ? 'null' : `"${hex(sender)}"`},"gas":"${quantity(gasLimit)}"`
  text += `,"gasPrice":"${quantity(gasPriceOf(transaction, baseFee))}","hash":"${hex(hash)}","input":"${hex(input)}"`
  text += `,"nonce":"${quantity(nonce)}","to":${to === undefined ? 'null' : `"${hex(to)}"`}`
  text += `,"transactionIndex":"${quantity(index)}","value":"${quantity(value)}","type":"${quantity(type)}"`
  return `${text}${typeFields(transaction)}${signatureFields(transaction)}}`
}

/** What is paid for gas. */
function gasPriceOf({ gasPrice, maxFeePerGas, maxPriorityFeePerGas = 0n }: Transaction, baseFee = 0n): bigint {
  if (maxFeePerGas === undefined) return gasPrice ?? 0n
  const price = baseFee + maxPriorityFeePerGas
  return price < maxFeePerGas ? price : maxFeePerGas
}

function typeFields(transaction: Transaction): string {
  const { maxFeePerGas, maxPriorityFeePerGas, maxFeePerBlobGas, blobVersionedHashes, deposit } = transaction
  const { accessList, authorizationList } = transaction
  let text = ''
  if (maxFeePerGas !== undefined) text += `,"maxFeePerGas":"${quantity(maxFeePerGas)}"`
  if (maxPriorityFeePerGas !== undefined) text += `,"maxPriorityFeePerGas":"${quantity(maxPriorityFeePerGas)}"`
  if (maxFeePerBlobGas !== undefined) text += `,"maxFeePerBlobGas":"${quantity(maxFeePerBlobGas)}"`
  if (blobVersionedHashes !== undefined) text += `,"blobVersionedHashes":${hexList(blobVersionedHashes)}`
  if (accessList !== undefined) text += `,"accessList":[${accessList.map(accessText).join(',')}]`
  if (authorizationList !== undefined) {
    text += `,"authorizationList":[${authorizationList.map(authorizationText).join(',')}]`
  }
  if (deposit !== undefined) {
    text += `,"sourceHash":"${hex(deposit.sourceHash)}","mint":"${quantity(deposit.mint)}"`
    text += `,"isSystemTx":${deposit.isSystemTransaction}`
  }
  return text
}

function signatureFields({ type, chainId, signature, deposit }: Transaction): string {
  let text = chainId === undefined ? '' : `,"chainId":"${quantity(chainId)}"`
  if (deposit !== undefined) return `${text},"v":"0x0","r":"0x0","s":"0x0"`
  if (signature === undefined) return text
  const { v, yParity, r, s } = signature
  text += `,"v":"${quantity(v)}"`
  if (type !== 0) text += `,"yParity":"${quantity(yParity)}"`
  return `${text},"r":"${quantity(r)}","s":"${quantity(s)}"`
}

function accessText({ address, storageKeys }: AccessListItem): string {
  return `{"address":"${hex(address)}","storageKeys":${hexList(storageKeys)}}`
}

function authorizationText({ chainId, address, nonce, yParity, r, s }: Authorization): string {
  const text = `{"chainId":"${quantity(chainId)}","address":"${hex(address)}","nonce":"${quantity(nonce)}"`
  return `${text},"yParity":"${quantity(yParity)}","r":"${quantity(r)}","s":"${quantity(s)}"}`
}

function hexList(items: readonly Uint8Array[]): string {
  return items.length === 0 ? '[]' : `["${items.map(hex).join('","')}"]`
}

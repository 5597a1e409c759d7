import { defaultHashes, orderedTrieRoot } from '@datastreamer/e2store/execution'
import { decodeRlp, encodeRlp, getBytes, keccak256, type RlpStructuredData } from 'ethers'
import type { Answered } from '../support/ask.ts'

type Ask = (method: string, params: readonly unknown[]) => Promise<Answered>

/** Whether a request names a block by its hash: its header is compared with that, whatever is trusted. */
export function namesHash(method: string, [ref]: readonly unknown[]): boolean {
  if (/^eth_(getTransactionByHash|getTransactionReceipt)$|RawTransaction$/.test(method)) return false
  const text = typeof ref === 'object' && ref !== null ? (ref as { readonly blockHash?: string }).blockHash : ref
  return typeof text === 'string' && text.length === 66
}

/** A block that an answer is about. */
export interface BlockRef {
  readonly number: string
  readonly hash?: string | undefined
}

/** The block that an answer names, if it does. */
export function blockOf(
  { method, params }: { readonly method: string; readonly params: readonly unknown[] },
  result: unknown,
): BlockRef | undefined {
  // An uncle has a number and a hash of its own.
  if (method.includes('Uncle')) return { number: String(params[0]) }
  const [first] = Array.isArray(result) ? result : [result]
  if (typeof first !== 'object' || first === null) return undefined
  const { number = '', blockNumber = number, hash, blockHash = hash } = first as Record<string, string | undefined>
  return { number: blockNumber, hash: blockHash }
}

/**
 * Whether a block that was answered without verification is what it has to be: its transactions, uncles and receipts fit its
 * header.
 */
export async function fitsHeader(ask: Ask, { number, hash }: BlockRef): Promise<boolean> {
  const [header, block, receipts] = await Promise.all(
    ['debug_getRawHeader', 'debug_getRawBlock', 'debug_getRawReceipts'].map((method) => ask(method, [number])),
  )
  const rawHeader = header?.result as string | undefined
  if (typeof rawHeader !== 'string') return header?.error !== undefined
  if (hash !== undefined && keccak256(rawHeader) !== hash) return false
  const fields = decodeRlp(rawHeader) as readonly string[]
  if (typeof block?.result === 'string') {
    const [own, transactions, uncles] = decodeRlp(block.result) as readonly RlpStructuredData[]
    if (encodeRlp(own as RlpStructuredData) !== rawHeader) return false
    if (keccak256(encodeRlp(uncles as RlpStructuredData)) !== fields[1]) return false
    const envelopes = (transactions as RlpStructuredData[]).map((each) =>
      typeof each === 'string' ? each : encodeRlp(each),
    )
    if (rootOf(envelopes) !== fields[4]) return false
  }
  return !Array.isArray(receipts?.result) || rootOf(receipts.result as string[]) === fields[5]
}

function rootOf(values: readonly string[]): string {
  const root = orderedTrieRoot(
    values.map((value) => getBytes(value)),
    defaultHashes(),
  )
  return `0x${Buffer.from(root).toString('hex')}`
}

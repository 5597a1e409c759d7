import { defaultHashes } from '@datastreamer/e2store/execution'
import type { HistoryBlock } from '@datastreamer/era-history'
import { hex, quantity } from './hex.ts'

/** What all objects of a block repeat, as hex. */
export interface BlockWords {
  readonly hash: string
  readonly number: string
  readonly timestamp: string
}

const words = new WeakMap<HistoryBlock, BlockWords>()

export function wordsOf(block: HistoryBlock): BlockWords {
  const known = words.get(block)
  if (known !== undefined) return known
  const { hash, header } = block
  const made = { hash: hex(hash), number: quantity(header.number), timestamp: quantity(header.timestamp) }
  words.set(block, made)
  return made
}

const hashLists = new WeakMap<HistoryBlock, string>()

/** JSON of the hashes of a block's transactions, which need not be decoded for that. */
export function hashListOf(block: HistoryBlock): string {
  const known = hashLists.get(block)
  if (known !== undefined) return known
  const made = `[${hashesOf(block.body.transactions)
    .map((hash) => `"${hex(hash)}"`)
    .join(',')}]`
  hashLists.set(block, made)
  return made
}

function hashesOf(envelopes: readonly Uint8Array[]): readonly Uint8Array[] {
  const { keccak256, keccak256Pair } = defaultHashes()
  if (keccak256Pair === undefined) return envelopes.map(keccak256)
  const hashes: Uint8Array[] = []
  for (let at = 0; at < envelopes.length; at += 2) {
    const [first, second] = [envelopes[at], envelopes[at + 1]]
    if (first === undefined) break
    if (second === undefined) hashes.push(keccak256(first))
    else hashes.push(...keccak256Pair(first, second))
  }
  return hashes
}

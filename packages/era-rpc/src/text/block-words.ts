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

import type { Hashes } from '../hash/hashes.ts'
import { encodeRlp } from '../rlp/encode.ts'
import { StackTrie } from './stack-trie.ts'

/** `keccak256(rlp(''))`: the root of a trie without entries. */
export const EMPTY_TRIE_ROOT: Uint8Array = Uint8Array.from([
  0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6, 0xff, 0x83, 0x45, 0xe6, 0x92, 0xc0, 0xf8, 0x6e, 0x5b, 0x48, 0xe0,
  0x1b, 0x99, 0x6c, 0xad, 0xc0, 0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21,
])

/**
 * The 32-byte root of the trie that maps `rlp(i)` to `values[i]`: how a header commits to transactions, receipts and
 * withdrawals.
 *
 * @see docs/spec/e2store-execution.md §4
 */
export function orderedTrieRoot(values: readonly Uint8Array[], hashes: Hashes): Uint8Array {
  if (values.length === 0) return EMPTY_TRIE_ROOT.slice()
  const trie = new StackTrie(hashes)
  const add = (from: number, to: number): void => {
    for (let i = from; i < to; i++) trie.add(encodeRlp(i), values[i] as Uint8Array)
  }
  // Ascending keys: rlp(0) is 0x80, after the single bytes 0x01 to 0x7f.
  add(1, Math.min(values.length, 128))
  add(0, 1)
  add(128, values.length)
  return trie.root()
}

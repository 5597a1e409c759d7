import { bitsFor } from './bits.ts'
import type { HashList } from './hash-list.ts'
import { Keys } from './keys.ts'
import { bucketBitsFor } from './layout.ts'
import { type PackedPart, packPart } from './pack.ts'

/** Bits of a hash beyond those that number the entries: an absent hash has a candidate once in 2^20 files. */
const CHECK_BITS = 20
/** Fewest bits of a hash, so that the hashes of thousands of files can be merged into one index. */
const MIN_HASH_BITS = 36
const KEY_BITS = 64

/**
 * The part for hashes that are looked up: blocks, or transactions.
 *
 * @param counts how many of the hashes are in each block
 * @see docs/spec/e2store-sidecar.md §4
 */
export function packHashes(hashes: HashList, counts: readonly number[]): PackedPart {
  const blockBits = bitsFor(counts.length)
  const indexBits = bitsFor(counts.reduce((most, count) => Math.max(most, count), 0))
  const positionBits = blockBits + indexBits
  const hashBits = Math.min(Math.max(bitsFor(hashes.length) + CHECK_BITS, MIN_HASH_BITS), KEY_BITS - positionBits)
  const keys = new Keys(hashes.length)
  let i = 0
  for (const [block, count] of counts.entries()) {
    for (let index = 0; index < count; index++, i++) {
      setKey(
        keys,
        i,
        { high: hashes.high(i), low: hashes.low(i), hashBits },
        block * 2 ** indexBits + index,
        positionBits,
      )
    }
  }
  keys.sort()
  return packPart(keys, { hashBits, bucketBits: bucketBitsFor(hashes.length), blockBits, indexBits })
}

interface LeadingBits {
  readonly high: number
  readonly low: number
  readonly hashBits: number
}

/** Set a key to the leading bits of a hash, followed by a position of `positionBits`, together at most 64. */
function setKey(
  keys: Keys,
  i: number,
  { high, low, hashBits }: LeadingBits,
  position: number,
  positionBits: number,
): void {
  const hash = (BigInt(high) << 32n) | BigInt(low)
  const key = ((hash >> BigInt(KEY_BITS - hashBits)) << BigInt(positionBits)) | BigInt(position)
  keys.set(i, Number(key >> 32n), Number(key & 0xffff_ffffn))
}

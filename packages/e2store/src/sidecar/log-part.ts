import { bitsFor } from './bits.ts'
import type { ValueList } from './hash-list.ts'
import { Keys } from './keys.ts'
import { bucketBitsFor, CRC_BYTES } from './layout.ts'
import { type PackedPart, packPart } from './pack.ts'

/** Bits of a hash beyond those that number the pairs: an absent value gives one block in 256 files. */
const CHECK_BITS = 8
/** Fewest bits of a hash in an entry. */
const MIN_REST_BITS = 8
const MAX_HASH_BITS = 32
/** Hundredths of the data file that an index of logs may take. */
const MAX_PERCENT = 3
/** A value has a bitmap if it is in more blocks than this, and in more than a sixteenth of all. */
const HOT_BLOCKS = 8
const HOT_SHARE = 16

/** A value that is in many blocks. */
export interface HotValue {
  /** The kept bits of its hash. */
  readonly hash: number
  /** A bit for each block, the lowest bit of each byte first. */
  readonly bitmap: Uint8Array
}

/**
 * The bits of a hash that are kept: enough for few false blocks, fewer where the index would take too much of the file.
 *
 * @see docs/spec/e2store-sidecar.md §5.2
 */
function logHashBits(pairs: number, blockBits: number, dataBytes: number): number {
  const bucketBits = bucketBitsFor(pairs)
  const overhead = 2 ** bucketBits * (4 + CRC_BYTES + 1)
  const allowed = Math.floor((MAX_PERCENT * dataBytes) / 100)
  const room = Math.floor((8 * (allowed - overhead)) / Math.max(1, pairs)) - blockBits + bucketBits
  const wanted = Math.min(bitsFor(pairs) + CHECK_BITS, room, MAX_HASH_BITS)
  return Math.max(wanted, bucketBits + MIN_REST_BITS)
}

/** The part for logs, and the values with bitmaps in the order of their hashes. */
export function packLogs(
  values: ValueList,
  count: number,
  dataBytes: number,
): { readonly part: PackedPart; readonly hot: readonly HotValue[] } {
  const blockBits = bitsFor(count)
  const hashBits = logHashBits(values.length, blockBits, dataBytes)
  const keys = new Keys(values.length)
  for (let i = 0; i < values.length; i++) {
    const hash = Math.floor(values.hash(i) / 2 ** (MAX_HASH_BITS - hashBits))
    const low = (hash * 2 ** blockBits + values.block(i)) % 2 ** 32
    keys.set(i, Math.floor(hash / 2 ** (32 - blockBits)), low)
  }
  keys.sort()
  keys.filter((i) => i === 0 || keys.low(i) !== keys.low(i - 1) || keys.high(i) !== keys.high(i - 1))
  const hot = takeHot(keys, count, blockBits)
  return { part: packPart(keys, { hashBits, bucketBits: bucketBitsFor(keys.length), blockBits, indexBits: 0 }), hot }
}

/** Remove the values that are in many blocks from sorted keys. */
function takeHot(keys: Keys, count: number, blockBits: number): HotValue[] {
  const hot: HotValue[] = []
  const isHot = new Uint8Array(keys.length)
  for (let from = 0, to = 0; from < keys.length; from = to) {
    const hash = keys.above(from, blockBits)
    while (to < keys.length && keys.above(to, blockBits) === hash) to++
    if (to - from <= Math.max(HOT_BLOCKS, count / HOT_SHARE)) continue
    const bitmap = new Uint8Array(Math.ceil(count / 8))
    for (let i = from; i < to; i++) {
      const block = keys.low(i) % 2 ** blockBits
      bitmap[block >> 3] = (bitmap[block >> 3] as number) | (1 << (block & 7))
    }
    hot.push({ hash, bitmap })
    isHot.fill(1, from, to)
  }
  keys.filter((i) => isHot[i] === 0)
  return hot
}

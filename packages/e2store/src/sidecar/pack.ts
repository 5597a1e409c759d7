import { LimitError } from '../errors.ts'
import { putU32 } from '../io/little-endian.ts'
import { BitWriter } from './bits.ts'
import type { Keys } from './keys.ts'
import { bucketBytes, entryBits, MAX_BUCKET_BYTES, type PartShape } from './layout.ts'

/** The buckets of a part, whose checksums are not set yet. */
export interface PackedPart {
  readonly shape: PartShape
  readonly buckets: Uint8Array
  /** Where each bucket begins, and where the last one ends. */
  readonly starts: Uint32Array
}

/**
 * Pack sorted keys into buckets.
 *
 * @param shape the shape without what follows from the keys
 * @throws {LimitError} a bucket that no reader would read: very many entries have the same hash
 */
export function packPart(keys: Keys, shape: Omit<PartShape, 'entries' | 'bytes'>): PackedPart {
  const width = entryBits({ ...shape, entries: 0, bytes: 0 })
  const counts = new Uint32Array(2 ** shape.bucketBits)
  for (let i = 0; i < keys.length; i++) {
    const bucket = keys.above(i, width)
    counts[bucket] = (counts[bucket] as number) + 1
  }
  const starts = new Uint32Array(counts.length + 1)
  for (const [bucket, count] of counts.entries()) {
    const bytes = bucketBytes(count, width)
    if (bytes > MAX_BUCKET_BYTES) throw new LimitError('OUTPUT_TOO_LARGE', `${count} entries in one bucket`, 0, 'read')
    starts[bucket + 1] = (starts[bucket] as number) + bytes
  }
  const buckets = new Uint8Array(starts[counts.length] as number)
  let key = 0
  for (const [bucket, count] of counts.entries()) {
    const writer = new BitWriter(buckets, starts[bucket])
    for (const end = key + count; key < end; key++) writeEntry(writer, keys, key, width)
    writer.align()
  }
  return { shape: { ...shape, entries: keys.length, bytes: buckets.length }, buckets, starts }
}

/** Write the lowest `width` bits of a key. */
function writeEntry(writer: BitWriter, keys: Keys, i: number, width: number): void {
  const upper = Math.max(0, width - 32)
  if (upper > 0) writer.write(keys.high(i) % 2 ** upper, upper)
  writer.write(keys.low(i) % 2 ** (width - upper), width - upper)
}

/** A directory: where the buckets of a part begin, and room for a checksum. */
export function directoryOf(starts: Uint32Array): Uint8Array {
  const out = new Uint8Array(4 * starts.length + 4)
  for (const [i, start] of starts.entries()) putU32(out, 4 * i, start)
  return out
}

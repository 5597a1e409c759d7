import { bitsFor } from './bits.ts'

/** What the name of a sidecar has after the whole name of its data file. */
export const SIDECAR_EXTENSION = '.idx'

/** Record types of sidecars, from the range of applications. */
export const SidecarRecord = {
  Header: 0xd600,
  Directories: 0xd601,
  Blocks: 0xd602,
  Transactions: 0xd603,
  Logs: 0xd604,
  Bitmaps: 0xd605,
} as const

/** The parts that have buckets, in the order of the file. */
export const PARTS = ['blocks', 'transactions', 'logs'] as const
export type PartName = (typeof PARTS)[number]

/** What checksums are bound to, besides a number and the header (§3.2). */
export const Region = { blocks: 0, transactions: 1, logs: 2, bitmaps: 3, directories: 4 } as const

/** Bytes of a checksum, at the end of each bucket, bitmap and directory. */
export const CRC_BYTES = 4
export const HEADER_BYTES = 164
/** The data of the header's record: after the Version record and a record header. */
export const HEADER_AT = 16
const DIRECTORIES_AT = HEADER_AT + HEADER_BYTES + 8

/** Most entries that a bucket has on average. */
const BUCKET_ENTRIES = 1024
/** Largest bucket that is read. */
export const MAX_BUCKET_BYTES = 16_777_216

/** How the entries of a part are encoded. */
export interface PartShape {
  readonly entries: number
  /** Bytes of all buckets. */
  readonly bytes: number
  /** Bits of a hash that are kept. */
  readonly hashBits: number
  /** Leading bits of a hash that give the bucket. */
  readonly bucketBits: number
  /** Bits of a block's number in the file. */
  readonly blockBits: number
  /** Bits of a transaction's index in its block. */
  readonly indexBits: number
}

/** Bits of an entry in its bucket: the rest of the hash, the block, the index. */
export function entryBits({ hashBits, bucketBits, blockBits, indexBits }: PartShape): number {
  return hashBits - bucketBits + blockBits + indexBits
}

/** Bytes of a bucket with so many entries. */
export function bucketBytes(entries: number, width: number): number {
  return Math.ceil((entries * width) / 8) + CRC_BYTES
}

/** How many leading bits of the hash give the bucket. */
export function bucketBitsFor(entries: number): number {
  return bitsFor(Math.ceil(entries / BUCKET_ENTRIES))
}

/** Bytes of a bitmap over the blocks of a file. */
export function bitmapBytes(count: number): number {
  return Math.ceil(count / 8) + CRC_BYTES
}

/** Where bytes lie in a sidecar. */
export interface Span {
  readonly position: number
  readonly length: number
}

/** Where everything is in a sidecar. */
export interface SidecarMap {
  /** The directory of each part: where its buckets begin. */
  readonly directories: Readonly<Record<PartName, Span>>
  /** The hashes of values with bitmaps. */
  readonly hot: Span
  /** The buckets of each part. */
  readonly buckets: Readonly<Record<PartName, Span>>
  readonly bitmaps: Span
  /** Bytes of the file. */
  readonly size: number
}

/** Where everything is, by the header alone. */
export function mapSidecar(parts: Readonly<Record<PartName, PartShape>>, hotValues: number, count: number): SidecarMap {
  let at = DIRECTORIES_AT
  const take = (length: number): Span => {
    at += length
    return { position: at - length, length }
  }
  const each = (lengthOf: (part: PartShape) => number, gap: number): Record<PartName, Span> => {
    const one = (name: PartName): Span => {
      at += gap
      return take(lengthOf(parts[name]))
    }
    return { blocks: one('blocks'), transactions: one('transactions'), logs: one('logs') }
  }
  const directories = each(({ bucketBits }) => 4 * (2 ** bucketBits + 1) + CRC_BYTES, 0)
  const hot = take(4 * hotValues + CRC_BYTES)
  const buckets = each(({ bytes }) => bytes, 8)
  at += 8
  const bitmaps = take(hotValues * bitmapBytes(count))
  return { directories, hot, buckets, bitmaps, size: at }
}

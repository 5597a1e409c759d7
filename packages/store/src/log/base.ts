import { crc32 } from 'node:zlib'
import { HEADER_PAGE_BYTES, pageOf, pageStart, viewOf } from '@datastreamer/format'
import { RefusedError } from '../disk/errors.ts'
import { type CommitPoint, START, samePoint } from './commit-point.ts'

/** The base of a file as its header page holds it. docs/spec/stream-file.md §9. */
export interface StoredBase extends CommitPoint {
  /** Grows with every base of the file; 0 if it begins with entry 0. */
  readonly sequence: number
  /** Records of the commit log that end at or before the base: a hint. */
  readonly records: number
}

/** The base of a file that begins with the stream. */
export const NO_BASE: StoredBase = { ...START, sequence: 0, records: 0 }

/** The two slots are in separate sectors of the header page, so that writing one cannot harm the other. */
export const BASE_OFFSETS: readonly [number, number] = [1024, 2048]

const MAGIC = Uint8Array.of(0x64, 0x73, 0x62, 0x73)
const FORMAT = 1
const CRC_OFFSET = 40
const SLOT_BYTES = 44

/**
 * Encode a slot: big-endian `magic u32 = "dsbs" | format u32 = 1 | sequence u64 | position u64 | entry u64 | records u64 | crc32 of
 * the 40 bytes before u32`.
 */
export function encodeBase({ sequence, totalLength, totalEntries, records }: StoredBase): Uint8Array {
  const out = new Uint8Array(SLOT_BYTES)
  const view = viewOf(out)
  out.set(MAGIC)
  view.setUint32(4, FORMAT)
  view.setBigUint64(8, BigInt(sequence))
  view.setBigUint64(16, BigInt(totalLength))
  view.setBigUint64(24, totalEntries)
  view.setBigUint64(32, BigInt(records))
  view.setUint32(CRC_OFFSET, crc32(out.subarray(0, CRC_OFFSET)))
  return out
}

/** The slot at a byte of a header page, or `undefined` if it is invalid. */
export function decodeBase(page: Uint8Array, at: number): StoredBase | undefined {
  const slot = page.subarray(at, at + SLOT_BYTES)
  if (slot.length < SLOT_BYTES) return undefined
  const view = viewOf(slot)
  if (MAGIC.some((byte, i) => slot[i] !== byte) || view.getUint32(4) !== FORMAT) return undefined
  if (view.getUint32(CRC_OFFSET) !== crc32(slot.subarray(0, CRC_OFFSET))) return undefined
  const base = { totalLength: Number(view.getBigUint64(16)), totalEntries: view.getBigUint64(24) }
  // A file that was about to begin late, and does not.
  if (!isBase(base) && !samePoint(base, START)) return undefined
  return { ...base, sequence: Number(view.getBigUint64(8)), records: Number(view.getBigUint64(32)) }
}

/**
 * The newer base of a header page; `undefined` if none can be read. If one slot was never written, the other was being written for
 * the first time.
 */
export function baseIn(page: Uint8Array): StoredBase | undefined {
  let newest: StoredBase | undefined
  for (const at of BASE_OFFSETS) {
    const slot = decodeBase(page, at)
    if (slot !== undefined && slot.sequence > (newest?.sequence ?? 0)) newest = slot
  }
  return newest ?? (BASE_OFFSETS.every((at) => !isUnwritten(page, at)) ? undefined : NO_BASE)
}

/** Whether a file may begin late there: at the start of a page that is not the first. */
export function isBase({ totalLength, totalEntries }: CommitPoint): boolean {
  const isPosition = Number.isSafeInteger(totalLength) && totalLength > HEADER_PAGE_BYTES
  return isPosition && totalLength === pageStart(pageOf(totalLength)) && totalEntries > 0n
}

/** The error for an entry that a file which begins late does not have. */
export function beforeBase(path: string, entry: number | bigint, base: CommitPoint): RefusedError {
  return new RefusedError(
    'BEFORE_BASE',
    `entry ${entry} is not in ${path}, which begins with entry ${base.totalEntries}`,
  )
}

/** Whether nothing was ever written to a slot. */
export function isUnwritten(page: Uint8Array, at: number): boolean {
  return page.subarray(at, at + SLOT_BYTES).every((byte) => byte === 0)
}

/** Whether a byte of a header page is in a slot. */
export function isInSlot(at: number): boolean {
  return BASE_OFFSETS.some((from) => at >= from && at < from + SLOT_BYTES)
}

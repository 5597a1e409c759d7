import { E2FormatError, type FormatCode } from '../errors.ts'
import type { ArchiveKind } from '../execution/archive/layout.ts'
import { putU32, putU64, safeU64, typeAt, u32, u64 } from '../io/little-endian.ts'
import { viewOf } from '../io/view.ts'
import { encodeRecordHeader } from '../records/record.ts'
import { crc32c } from '../snappy/crc32c.ts'
import { HEADER_AT, HEADER_BYTES, PARTS, type PartName, type PartShape, SidecarRecord } from './layout.ts'

/** Which data file a sidecar is the index of. */
export interface SidecarIdentity {
  readonly kind: ArchiveKind
  /** Number of the first block. */
  readonly start: bigint
  /** Number of blocks, 1 to 8192. */
  readonly count: number
  /** Bytes of the data file. */
  readonly size: number
  /** Hash of the last block, 32 bytes. */
  readonly lastHash: Uint8Array
  /** The accumulator that the data file holds, 32 bytes. */
  readonly accumulator?: Uint8Array
  /** SHA-256 of the data file, 32 bytes. */
  readonly sha256: Uint8Array
}

/** The header of a sidecar. */
export interface SidecarHeader {
  readonly identity: SidecarIdentity
  /** Whether the data file has receipts: else there is no index of logs. */
  readonly hasLogs: boolean
  readonly parts: Readonly<Record<PartName, PartShape>>
  /** Values with bitmaps. */
  readonly hotValues: number
  /** Checksum of the header, which all others are bound to. */
  readonly crc: number
}

/** Bytes of a sidecar up to the end of its header. */
export const HEAD_BYTES: number = HEADER_AT + HEADER_BYTES

const LAYOUT = 1
const KINDS: readonly ArchiveKind[] = ['era1', 'ere', 'e2hs']
const PART_AT = 120
const PART_BYTES = 12
const HOT_AT = 156
const CRC_AT = 160
const MAX_COUNT = 8192
const MAX_BUCKET_BITS = 24
const MAX_REST_BITS = 40
const MAX_VALUE_BITS = 32
const MAX_BLOCK_BITS = 13
const MAX_INDEX_BITS = 20
/** Fewest bits of an entry: less than a byte at the end of a bucket is no entry. */
const MIN_ENTRY_BITS = 8

/** Encode the start of a sidecar: Version and header record; the checksum is computed. */
export function encodeHeader({ identity, hasLogs, parts, hotValues }: Omit<SidecarHeader, 'crc'>): Uint8Array {
  const out = new Uint8Array(HEAD_BYTES)
  out.set([0x65, 0x32])
  out.set(encodeRecordHeader(SidecarRecord.Header, HEADER_BYTES), 8)
  const data = out.subarray(HEADER_AT)
  data[0] = LAYOUT
  data[1] = KINDS.indexOf(identity.kind) + 1
  data[2] = hasLogs ? 1 : 0
  putU32(data, 4, identity.count)
  putU64(data, 8, identity.start)
  putU64(data, 16, BigInt(identity.size))
  data.set(identity.lastHash, 24)
  if (identity.accumulator) data.set(identity.accumulator, 56)
  data.set(identity.sha256, 88)
  for (const [i, name] of PARTS.entries()) {
    const { entries, bytes, hashBits, bucketBits, blockBits, indexBits } = parts[name]
    const at = PART_AT + PART_BYTES * i
    putU32(data, at, entries)
    putU32(data, at + 4, bytes)
    data.set([hashBits, bucketBits, blockBits, indexBits], at + 8)
  }
  putU32(data, HOT_AT, hotValues)
  putU32(data, CRC_AT, crc32c(viewOf(data), 0, CRC_AT))
  return out
}

/**
 * Decode the first {@link HEAD_BYTES} bytes of a sidecar.
 *
 * @throws {E2FormatError} `NO_VERSION`, `UNEXPECTED_TYPE`, `UNKNOWN_VERSION`, `BAD_CHECKSUM`, `BAD_COUNT`, `BAD_INTEGER`
 * @see docs/spec/e2store-sidecar.md §3
 */
export function decodeHeader(head: Uint8Array): SidecarHeader {
  if (u64(head, 0) !== 0x3265n) throw bad('NO_VERSION', 'no Version record', 0)
  if (typeAt(head, 8) !== SidecarRecord.Header) throw bad('UNEXPECTED_TYPE', 'no header of a sidecar', 8)
  const data = head.subarray(HEADER_AT, HEAD_BYTES)
  if (data[0] !== LAYOUT) throw bad('UNKNOWN_VERSION', `sidecar of layout ${data[0]}, expected ${LAYOUT}`, HEADER_AT)
  if (u32(head, 10) !== HEADER_BYTES || head[14] !== 0 || head[15] !== 0) throw bad('BAD_LENGTH', 'wrong length', 10)
  const crc = u32(data, CRC_AT)
  if (crc !== crc32c(viewOf(data), 0, CRC_AT)) throw bad('BAD_CHECKSUM', 'wrong checksum of the header', HEADER_AT)
  const kind = KINDS[(data[1] as number) - 1]
  const size = safeU64(data, 16)
  const count = u32(data, 4)
  const start = u64(data, 8)
  if (kind === undefined) throw bad('BAD_INTEGER', `data file of kind ${data[1]}`, HEADER_AT + 1)
  if (size === undefined) throw bad('BAD_INTEGER', 'size of the data file passes 2^53', HEADER_AT + 16)
  if (count < 1 || count > MAX_COUNT) throw bad('BAD_COUNT', `${count} blocks, expected 1 to 8192`, HEADER_AT + 4)
  if (start + BigInt(count) > 2n ** 64n) throw bad('BAD_INTEGER', 'block numbers pass 2^64', HEADER_AT + 8)
  const accumulator = data.slice(56, 88)
  const identity: SidecarIdentity = {
    ...{ kind, start, count, size, lastHash: data.slice(24, 56), sha256: data.slice(88, 120) },
    ...(accumulator.some((byte) => byte !== 0) && { accumulator }),
  }
  const part = (i: number): PartShape => decodePart(data, PART_AT + PART_BYTES * i)
  const parts = { blocks: part(0), transactions: part(1), logs: part(2) }
  if (parts.logs.hashBits > MAX_VALUE_BITS) throw bad('BAD_INTEGER', 'hashes of logs of more than 32 bits', HEADER_AT)
  return { identity, hasLogs: data[2] === 1, parts, hotValues: u32(data, HOT_AT), crc }
}

/** @throws {E2FormatError} `BAD_INTEGER` */
function decodePart(data: Uint8Array, at: number): PartShape {
  const [hashBits = 0, bucketBits = 0, blockBits = 0, indexBits = 0] = data.subarray(at + 8, at + 12)
  const rest = hashBits - bucketBits
  const fits = rest >= 0 && rest <= MAX_REST_BITS && bucketBits <= MAX_BUCKET_BITS
  const isWide = rest + blockBits + indexBits >= MIN_ENTRY_BITS
  if (!fits || !isWide || blockBits > MAX_BLOCK_BITS || indexBits > MAX_INDEX_BITS) {
    const widths = `${hashBits}, ${bucketBits}, ${blockBits} and ${indexBits} bits`
    throw bad('BAD_INTEGER', `entries with fields of ${widths}`, HEADER_AT + at + 8)
  }
  return { entries: u32(data, at), bytes: u32(data, at + 4), hashBits, bucketBits, blockBits, indexBits }
}

function bad(code: FormatCode, message: string, position: number): E2FormatError {
  return new E2FormatError(code, message, position, 'open')
}

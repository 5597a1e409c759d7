import { crc32 } from 'node:zlib'
import { viewOf } from '@datastreamer/format'
import type { CommitPoint } from '../log/commit-point.ts'

/** A point up to which file, commit log and index are known to be durable. docs/spec/commit-log.md §2. */
export interface Checkpoint extends CommitPoint {
  /** Grows with every checkpoint: of the two slots the one with the larger number counts. */
  readonly sequence: number
  /** Number up to which the bookmarks of the log are durable in the index. */
  readonly indexedEntries: bigint
  /** Whether a store has the file open, or had it when it died. */
  readonly open: boolean
  /** Whether every commit is durable before it is acknowledged. */
  readonly everyCommitDurable: boolean
  /** Whether the log is about to be truncated there: everything was durable, and nothing is committed until the next one. */
  readonly truncating?: boolean | undefined
  /** Checksum of the record that will end there, if `truncating`; 0: unknown. */
  readonly truncationChecksum?: number | undefined
  /** Whether records are marked as damaged. */
  readonly marked?: boolean | undefined
  /** Which stream it belongs to, see `ownerOf`; 0 or absent: unknown. */
  readonly owner?: number | undefined
  /** Boot id of the machine on which the store was opened; empty if unknown. At most 40 ASCII bytes. */
  readonly bootId: string
}

/** What the caller of `writeCheckpoint` provides. */
export type CheckpointContent = Omit<Checkpoint, 'sequence' | 'marked' | 'owner'>

/** Bytes of a slot. */
export const SLOT_BYTES = 96
/** The two slots are in separate sectors, so that writing one cannot harm the other. */
export const SLOT_OFFSETS: readonly [number, number] = [0, 512]

/** The first bytes of a slot. */
export const CHECKPOINT_MAGIC: Uint8Array = Uint8Array.of(0x64, 0x73, 0x63, 0x6c)
const FORMAT = 1
const BOOT_ID_OFFSET = 44
const BOOT_ID_BYTES = 40
const TRUNCATION_CHECKSUM_OFFSET = 84
const OWNER_OFFSET = 88
const CRC_OFFSET = 92

/**
 * Encode a slot: big-endian `magic u32 = "dscl" | format u32 = 1 | sequence u64 | totalLength u64 | totalEntries u64 |
 * indexedEntries u64 | flags u32 | bootId 40 bytes | truncationChecksum u32 | owner u32 | crc32 of the 92 bytes before u32`.
 */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const out = new Uint8Array(SLOT_BYTES)
  const view = viewOf(out)
  out.set(CHECKPOINT_MAGIC)
  view.setUint32(4, FORMAT)
  view.setBigUint64(8, BigInt(checkpoint.sequence))
  view.setBigUint64(16, BigInt(checkpoint.totalLength))
  view.setBigUint64(24, checkpoint.totalEntries)
  view.setBigUint64(32, checkpoint.indexedEntries)
  const { open, everyCommitDurable, truncating, marked } = checkpoint
  view.setUint32(40, (open ? 1 : 0) | (everyCommitDurable ? 2 : 0) | (truncating ? 4 : 0) | (marked ? 8 : 0))
  for (let i = 0; i < Math.min(checkpoint.bootId.length, BOOT_ID_BYTES); i++) {
    view.setUint8(BOOT_ID_OFFSET + i, checkpoint.bootId.charCodeAt(i))
  }
  view.setUint32(TRUNCATION_CHECKSUM_OFFSET, checkpoint.truncationChecksum ?? 0)
  view.setUint32(OWNER_OFFSET, checkpoint.owner ?? 0)
  view.setUint32(CRC_OFFSET, crc32(out.subarray(0, CRC_OFFSET)))
  return out
}

/** Decode a slot, or `undefined` if it is invalid. */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint | undefined {
  if (bytes.length < SLOT_BYTES) return undefined
  const view = viewOf(bytes)
  if (CHECKPOINT_MAGIC.some((byte, i) => bytes[i] !== byte) || view.getUint32(4) !== FORMAT) return undefined
  if (view.getUint32(CRC_OFFSET) !== crc32(bytes.subarray(0, CRC_OFFSET))) return undefined
  const flags = view.getUint32(40)
  const bootId = String.fromCharCode(...bytes.subarray(BOOT_ID_OFFSET, BOOT_ID_OFFSET + BOOT_ID_BYTES))
  return {
    sequence: Number(view.getBigUint64(8)),
    totalLength: Number(view.getBigUint64(16)),
    totalEntries: view.getBigUint64(24),
    indexedEntries: view.getBigUint64(32),
    open: (flags & 1) !== 0,
    everyCommitDurable: (flags & 2) !== 0,
    truncating: (flags & 4) !== 0,
    marked: (flags & 8) !== 0,
    truncationChecksum: view.getUint32(TRUNCATION_CHECKSUM_OFFSET),
    owner: view.getUint32(OWNER_OFFSET),
    bootId: bootId.replace(/\0+$/, ''),
  }
}

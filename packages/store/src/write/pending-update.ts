import { crc32 } from 'node:zlib'
import { MAX_ENTRY_BYTES, viewOf } from '@datastreamer/format'
import { type Disk, type DiskFile, readExactly, writeAll } from '../disk/disk.ts'
import { RefusedError } from '../disk/errors.ts'
import { pendingUpdatePath } from '../log/paths.ts'

/** An update in place that is about to be made. */
export interface PendingUpdate {
  readonly position: number
  readonly bytes: Uint8Array
  /** The checksum of the record after the update; 0 if it has none. */
  readonly checksum: number
}

const HEAD_BYTES = 20
/** Size of the largest pending update: a stream file is larger, unless it has no pages. */
const MAX_BYTES = HEAD_BYTES + MAX_ENTRY_BYTES
/** Position of the checksum over everything else. */
const CRC_OFFSET = 16

/**
 * Write an update to a file of its own before the stream file is touched, so that a crash leaves the old bytes or the new,
 * never some of each: big-endian `position u64 | length u32 | checksum u32 | crc32 u32 of all else | bytes`.
 * docs/spec/commit-log.md §5.
 */
export async function writePendingUpdate(disk: Disk, path: string, update: PendingUpdate): Promise<void> {
  const { position, bytes, checksum } = update
  const out = new Uint8Array(HEAD_BYTES + bytes.length)
  const view = viewOf(out)
  view.setBigUint64(0, BigInt(position))
  view.setUint32(8, bytes.length)
  view.setUint32(12, checksum)
  out.set(bytes, HEAD_BYTES)
  view.setUint32(CRC_OFFSET, crcOf(out))
  const file = await disk.open(pendingUpdatePath(path), 'create')
  try {
    // Not resized first: an update that is being redone must never be missing from the disk.
    await writeAll(file, [out], 0)
    await file.resize(out.length)
    await file.sync()
  } finally {
    await file.close()
  }
  await disk.syncFolderOf(path)
}

/** The update that was interrupted, if it was written completely. @throws {RefusedError} `IN_THE_WAY` */
export async function readPendingUpdate(disk: Disk, path: string): Promise<PendingUpdate | undefined> {
  const pending = pendingUpdatePath(path)
  if (!(await disk.exists(pending))) return undefined
  const file = await disk.open(pending, 'read')
  try {
    if ((await file.size()) > MAX_BYTES) {
      throw new RefusedError(
        'IN_THE_WAY',
        `${pending}: not an interrupted update, though it has the name of one: move it away`,
      )
    }
    return await decode(file)
  } finally {
    await file.close()
  }
}

/** To be called when the update is in the stream file and durable. */
export async function removePendingUpdate(disk: Disk, path: string): Promise<void> {
  await disk.remove(pendingUpdatePath(path))
  await disk.syncFolderOf(path)
}

async function decode(file: DiskFile): Promise<PendingUpdate | undefined> {
  const size = await file.size()
  if (size < HEAD_BYTES) return undefined
  const bytes = await readExactly(file, 0, size)
  const view = viewOf(bytes)
  const written = view.getUint32(CRC_OFFSET)
  if (view.getUint32(8) !== size - HEAD_BYTES || written !== crcOf(bytes)) return undefined
  const position = Number(view.getBigUint64(0))
  return { position, bytes: bytes.subarray(HEAD_BYTES), checksum: view.getUint32(12) }
}

/** CRC-32 of everything but itself. */
function crcOf(file: Uint8Array): number {
  return crc32(file.subarray(HEAD_BYTES), crc32(file.subarray(0, CRC_OFFSET)))
}

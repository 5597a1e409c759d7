import { crc32 } from 'node:zlib'
import { viewOf } from '@datastreamer/format'
import { type Disk, type DiskFile, readExactly, writeAll } from '../disk/disk.ts'
import { pendingUpdatePath } from './paths.ts'

/** Bytes that are about to be overwritten in place. */
export interface PendingUpdate {
  readonly position: number
  readonly bytes: Uint8Array
}

const HEAD_BYTES = 16

/**
 * Write down an update before the file is touched, so that a crash in its middle leaves the old bytes or the new, never
 * some of each: big-endian `position u64 | length u32 | crc32 u32 of all else | bytes`. docs/spec/commit-log.md §5.
 */
export async function writePendingUpdate(disk: Disk, path: string, { position, bytes }: PendingUpdate): Promise<void> {
  const out = new Uint8Array(HEAD_BYTES + bytes.length)
  const view = viewOf(out)
  view.setBigUint64(0, BigInt(position))
  view.setUint32(8, bytes.length)
  out.set(bytes, HEAD_BYTES)
  view.setUint32(12, checksum(out))
  const file = await disk.open(pendingUpdatePath(path), 'create')
  try {
    await file.resize(0)
    await writeAll(file, [out], 0)
    await file.sync()
  } finally {
    await file.close()
  }
  await disk.syncFolderOf(path)
}

/** The update that was under way, if one was written down whole. */
export async function readPendingUpdate(disk: Disk, path: string): Promise<PendingUpdate | undefined> {
  const pending = pendingUpdatePath(path)
  if (!(await disk.exists(pending))) return undefined
  const file = await disk.open(pending, 'read')
  try {
    return await decode(file)
  } finally {
    await file.close()
  }
}

/** The update is in the file and durable. */
export async function removePendingUpdate(disk: Disk, path: string): Promise<void> {
  await disk.remove(pendingUpdatePath(path))
  await disk.syncFolderOf(path)
}

async function decode(file: DiskFile): Promise<PendingUpdate | undefined> {
  const size = await file.size()
  if (size < HEAD_BYTES) return undefined
  const bytes = await readExactly(file, 0, size)
  const view = viewOf(bytes)
  const written = view.getUint32(12)
  if (view.getUint32(8) !== size - HEAD_BYTES || written !== checksum(bytes)) return undefined
  return { position: Number(view.getBigUint64(0)), bytes: bytes.subarray(HEAD_BYTES) }
}

/** Over position, length and bytes. */
function checksum(file: Uint8Array): number {
  return crc32(file.subarray(HEAD_BYTES), crc32(file.subarray(0, 12)))
}

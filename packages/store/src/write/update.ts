import { crc32 } from 'node:zlib'
import { BOOKMARK_TYPE, ENTRY_HEAD_BYTES, type Entry, encodeEntry, MAX_BOOKMARK_BYTES } from '@datastreamer/format'
import type { BookmarkIndex } from '../bookmarks/bookmark-index.ts'
import { findBookmark } from '../bookmarks/find-bookmark.ts'
import type { CommitLog } from '../commit-log/commit-log.ts'
import { type CommitRecord, storedChecksum } from '../commit-log/commit-record.ts'
import { recordOfByte, startOf } from '../commit-log/find-record.ts'
import { type Disk, readExactly, writeAll } from '../disk/disk.ts'
import { DiskError } from '../disk/errors.ts'
import { messageOf } from '../disk/message-of.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import { rangeDamage } from '../log/damaged-ranges.ts'
import type { PageBuffer, PageBuffers } from '../log/page-buffers.ts'
import type { WritableFile } from '../log/stream-file.ts'
import type { StreamLog } from '../log/stream-log.ts'
import type { Checkpointer } from './checkpointer.ts'
import { type PendingUpdate, readPendingUpdate, removePendingUpdate, writePendingUpdate } from './pending-update.ts'
import type { StateOfStore } from './store-state.ts'

export interface UpdateInput {
  readonly disk: Disk
  readonly path: string
  readonly writable: WritableFile
  readonly commitLog: CommitLog
}

export interface UpdateParts extends UpdateInput {
  readonly log: StreamLog
  readonly buffers: PageBuffers
  readonly index: BookmarkIndex
  readonly checkpointer: Checkpointer
  readonly state: StateOfStore
}

/**
 * Overwrite an entry with one that has the same head, durably, together with the pages in memory and the index: a crash
 * leaves the old entry or the new one. Nothing else may be writing.
 *
 * @param kept as for `PageBuffers.overwrite`
 * @throws {DamageError} `BAD_CHECKSUM`: the bytes around it are not those that were committed; nothing has changed
 * @throws {DiskError} `WRITE_FAILED`: nothing has changed; `OUTCOME_UNKNOWN`: the store can no longer write
 */
export async function updateLog(parts: UpdateParts, entry: Entry, kept: PageBuffer | undefined): Promise<void> {
  const { log, index, buffers, checkpointer, disk, path } = parts
  const from = await log.locate(Number(entry.number))
  const { position } = from
  const bytes = encodeEntry(entry)
  await checkpointer.write({ open: true })
  const update = { position, bytes, checksum: await checksumWith(parts, position, bytes) }
  await announce(parts, update)
  try {
    await log.change(async () => {
      await apply(parts, update)
      buffers.overwrite(position, update.bytes, kept)
    }, from)
    await indexUpdated(log, index, entry)
    await removePendingUpdate(disk, path)
  } catch (cause) {
    throw outcomeUnknown(parts, cause)
  }
}

/**
 * The checksum of the record once `bytes` are at `position`; 0 if it has none. It is computed while the bytes around them
 * are known to be right: bytes that rot later must not get a checksum that matches them.
 */
async function checksumWith(parts: UpdateInput, position: number, bytes: Uint8Array): Promise<number> {
  const { commitLog, writable, path } = parts
  const found = await recordHolding(commitLog, position)
  if (found === undefined || found.record.checksum === 0) return 0
  const { from, record } = found
  let [before, after] = [0, 0]
  let at = from.totalLength
  for await (const chunk of writable.chunks(at, record.totalLength)) {
    before = crc32(chunk, before)
    const start = Math.max(0, position - at)
    const end = Math.min(chunk.length, position + bytes.length - at)
    if (start < end) chunk.set(bytes.subarray(at + start - position, at + end - position), start)
    after = crc32(chunk, after)
    at += chunk.length
  }
  if (storedChecksum(before) === record.checksum) return storedChecksum(after)
  throw rangeDamage(path, { from, to: record }, 'not what was committed: the checksum differs')
}

/** Write the pending update; if that fails, none may be left to be redone later. */
async function announce(parts: UpdateParts, update: PendingUpdate): Promise<void> {
  const { disk, path } = parts
  try {
    await writePendingUpdate(disk, path, update)
  } catch (cause) {
    try {
      await removePendingUpdate(disk, path)
    } catch {
      throw outcomeUnknown(parts, cause)
    }
    throw new DiskError('WRITE_FAILED', `the update was not written: ${messageOf(cause)}`, { cause })
  }
}

function outcomeUnknown({ state }: UpdateParts, cause: unknown): DiskError {
  state.break(cause)
  return new DiskError('OUTCOME_UNKNOWN', `the disk failed while an entry was updated: ${messageOf(cause)}`, { cause })
}

/**
 * Redo an update that a crash interrupted; the caller brings the index up to date and then removes the pending update.
 * Afterwards the names of all files beside the stream are durable, that of a new commit log too, with or without an update.
 *
 * @param totalLength where the log ends; an update after it, or of an entry that is another one now, is dropped
 */
export async function redoPendingUpdate(input: UpdateInput, totalLength: number): Promise<PendingUpdate | undefined> {
  const update = await readPendingUpdate(input.disk, input.path)
  if (update !== undefined && update.position + update.bytes.length <= totalLength) {
    const head = await readExactly(input.writable.file, update.position, ENTRY_HEAD_BYTES)
    if (head.every((byte, i) => byte === update.bytes[i])) {
      // After a failed sync the pending update may be only in the system's cache.
      await writePendingUpdate(input.disk, input.path, update)
      await apply(input, update)
      return update
    }
  }
  await removePendingUpdate(input.disk, input.path)
  return undefined
}

/** Bring the index up to date after an update of an entry, if that is a bookmark: of equal bookmarks the last one counts. */
export async function indexUpdated(log: StreamLog, index: BookmarkIndex, entry: Entry): Promise<void> {
  const { type, number, data } = entry
  if (type !== BOOKMARK_TYPE || data.length < 1 || data.length > MAX_BOOKMARK_BYTES) return
  const last = await findBookmark(log, index, data)
  if (last === undefined || last < number) index.put([{ key: data, number: Number(number) }])
  await index.flush({ sync: true })
}

async function apply({ writable, commitLog }: UpdateInput, update: PendingUpdate): Promise<void> {
  await writeAll(writable.file, [update.bytes], update.position)
  await writable.file.sync()
  const found = await recordHolding(commitLog, update.position)
  if (found === undefined || update.checksum === 0) return
  const { index, record } = found
  await commitLog.revise(index, { ...record, checksum: update.checksum })
  await commitLog.sync()
}

/** The record whose bytes include a position, and where they begin. */
async function recordHolding(
  commitLog: CommitLog,
  position: number,
): Promise<{ readonly index: number; readonly from: CommitPoint; readonly record: CommitRecord } | undefined> {
  const index = await recordOfByte(commitLog, position)
  const record = await commitLog.record(index)
  const from = index < 0 ? undefined : await startOf(commitLog, index)
  return record === undefined || from === undefined ? undefined : { index, from, record }
}

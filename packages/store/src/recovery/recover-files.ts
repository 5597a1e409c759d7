import { decodeEntry, type Header } from '@datastreamer/format'
import type { BookmarkIndex } from '../bookmarks/bookmark-index.ts'
import { indexLog } from '../bookmarks/scan.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import { most } from '../log/least.ts'
import type { PageBuffers } from '../log/page-buffers.ts'
import { readAgain } from '../log/read-again.ts'
import { readEnd } from '../log/read-end.ts'
import type { StreamLog } from '../log/stream-log.ts'
import type { StoreEvent } from '../write/events.ts'
import { type PendingUpdate, removePendingUpdate } from '../write/pending-update.ts'
import { indexUpdated, redoPendingUpdate, type UpdateInput } from '../write/update.ts'
import { findEnd, noteTakeOver, recoverEnd } from './recovery.ts'

export interface RecoverFilesInput extends UpdateInput {
  /** As it is in the file. */
  readonly header: Header
  readonly log: StreamLog
  readonly index: BookmarkIndex
  readonly buffers: PageBuffers
  /**
   * Number up to which the index knows the log.
   *
   * @param checkpointed the number in the last checkpoint
   * @param takenOverFrom where another program began to write, if one did
   */
  readonly indexedEntries: (checkpointed: bigint | undefined, takenOverFrom: CommitPoint | undefined) => Promise<bigint>
  readonly onEvent: (event: StoreEvent) => void
}

/**
 * Recover the files of a store that were just opened: finish what a crash or a failure of the disk interrupted, take over
 * what another program wrote, bring log and index up to date. docs/spec/commit-log.md §4.
 *
 * @throws {DamageError} if the header does not match the entries and no commit log says where they end
 * @throws the error of the disk; it may be retried
 */
export async function recoverFiles(input: RecoverFilesInput): Promise<void> {
  const { disk, path, writable, commitLog, header, log, index, buffers, onEvent } = input
  if (await writable.repair()) onEvent({ event: 'repaired', file: path })
  let update: PendingUpdate | undefined
  await log.change(async () => {
    update = await redoPendingUpdate(input, header.totalLength)
  })
  const before = commitLog.checkpoint
  const { point, takenOverFrom } = await recoverEnd({ disk, path, writable, header, commitLog, onEvent })

  buffers.restart(point.totalLength, await readEnd(writable.file, path, point, writable.base))
  log.moveTo(point)
  const indexed = await input.indexedEntries(before?.indexedEntries, takenOverFrom)
  const indexedEntries = most(indexed, writable.base.totalEntries)
  if (indexedEntries < point.totalEntries) {
    // If this is interrupted, the next attempt has to begin here again.
    await writable.file.sync()
    await commitLog.sync()
    await commitLog.writeCheckpoint({ ...point, indexedEntries, open: true, everyCommitDurable: true, bootId: '' })
    await indexLog(log, index, { from: Number(indexedEntries) })
    const entries = point.totalEntries - indexedEntries
    onEvent({ event: 'indexed', file: path, fromEntry: indexedEntries, entries })
  }
  // Not before: if indexing is interrupted, the next attempt must notice the take-over too.
  if (takenOverFrom !== undefined) await noteTakeOver({ commitLog, path, writable, onEvent }, takenOverFrom, point)
  if (update !== undefined) await finishUpdate(input, update)
  await noteDamages(input)
}

/**
 * Set the log to where it will end after {@link recoverFiles}, for which the disk has no room now, so that readers are
 * served. Nothing is written, except an interrupted update in place: it takes no room, and readers must not see half of it.
 *
 * @throws {DamageError} if the header does not match the entries and no commit log says where they end
 */
export async function settleEnd(input: Omit<RecoverFilesInput, 'indexedEntries'>): Promise<void> {
  const { path, writable, header, log, buffers } = input
  await log.change(async () => void (await redoPendingUpdate(input, header.totalLength)))
  const point = await readAgain(ATTEMPTS, async () => {
    const end = await findEnd(input)
    buffers.restart(end.totalLength, await readEnd(writable.file, path, end, writable.base))
    return end
  })
  log.moveTo(point)
  await noteDamages(input)
}

/** Attempts to read the end of a log that is not locked against changes. */
const ATTEMPTS = 4

async function noteDamages({
  path,
  commitLog,
  log,
  onEvent,
}: Omit<RecoverFilesInput, 'indexedEntries'>): Promise<void> {
  const known = log.damages.bytes
  for await (const range of commitLog.damaged()) log.damages.add(range)
  if (log.damages.bytes === known) return
  for (const range of log.damages.all) onEvent({ event: 'damage-found', file: path, range })
}

async function finishUpdate(
  { disk, path, log, index, onEvent }: RecoverFilesInput,
  update: PendingUpdate,
): Promise<void> {
  const entry = decodeEntry(update.bytes)
  if (entry !== undefined) await indexUpdated(log, index, entry)
  await removePendingUpdate(disk, path)
  onEvent({ event: 'update-finished', file: path, position: update.position })
}

import { writeAll } from '../disk/disk.ts'
import { DiskError } from '../disk/errors.ts'
import type { ReopenableFile } from '../disk/reopenable-file.ts'
import { readHeader, readHeaderPage } from '../log/header-page.ts'
import { least } from '../log/least.ts'
import { commitLogPath } from '../log/paths.ts'
import type { FirstRecovery } from '../recovery/first-recovery.ts'
import { type RecoverFilesInput, recoverFiles } from '../recovery/recover-files.ts'
import type { Checkpointer } from '../write/checkpointer.ts'
import type { FileWatch } from '../write/file-watch.ts'
import type { Lock } from '../write/lock.ts'
import type { LogWriter } from '../write/log-writer.ts'

export interface ReopenParts extends Omit<RecoverFilesInput, 'header' | 'indexedEntries'> {
  /** The stream file, which `writable` writes. */
  readonly file: ReopenableFile
  /** 16 bytes (default `polygonDATSTREAM`). */
  readonly magic: Uint8Array | undefined
  /** Held in addition to the index. */
  readonly lock: Lock | undefined
  readonly firstRecovery: FirstRecovery
  readonly writer: LogWriter
  readonly checkpointer: Checkpointer
  readonly fileWatch: FileWatch
}

/**
 * Reopen the files of a broken store, write again what a failed sync may have lost, and recover them as when a store is
 * opened. Readers are served meanwhile. What is committed stays, as far as memory or the disk still has it; a commit or a
 * truncation whose outcome was unknown is undone. Nothing else may be writing.
 *
 * @throws {DiskError} `FILE_REPLACED` if the paths do not lead to what was opened; it may be retried
 * @throws {DiskError} `FOREIGN_WRITER` if another program has written the file; permanent
 * @throws the error of the disk, if it still fails; it may be retried
 * @see docs/spec/commit-log.md §4
 */
export async function reopenFiles(parts: ReopenParts): Promise<void> {
  const { disk, path, file, commitLog, log, index, writer, checkpointer, fileWatch } = parts
  // Reopening would overwrite what that program wrote.
  if (fileWatch.problem?.code === 'FOREIGN_WRITER') throw fileWatch.problem
  await mustBeAtPath(parts)
  await file.replaceBy(await disk.open(path, 'write'))
  await writeAgain(parts)
  await commitLog.reopen(disk, commitLogPath(path), log.header)
  if (index.failed) await index.repair()
  await index.writable()
  const header = await readHeader(file, path, { magic: parts.magic })
  const known = log.header.totalEntries
  const indexedEntries = async (): Promise<bigint> => least(known, log.header.totalEntries)
  const { firstRecovery } = parts
  await recoverFiles({
    ...parts,
    header,
    indexedEntries: firstRecovery.isDone ? indexedEntries : firstRecovery.indexedEntries,
  })
  if (!firstRecovery.isDone) await firstRecovery.finish()
  await log.replicasAgreed()
  writer.restart(log.header)
  await checkpointer.write({ open: true })
}

/** Another file at the same path holds another stream, and is not locked. */
async function mustBeAtPath({ path, file, commitLog, index, lock }: ReopenParts): Promise<void> {
  const areAtPath = await Promise.all([
    file.isAt(path),
    commitLog.isAt(commitLogPath(path)),
    index.isAtPath(),
    lock?.isAtPath() ?? true,
  ])
  if (areAtPath.every(Boolean)) return
  throw new DiskError(
    'FILE_REPLACED',
    `${path}, its commit log or its index is not what was opened: it was moved, removed or replaced`,
  )
}

/** Write what is committed and in memory again, the header, and where the file begins, durably. */
async function writeAgain({ file, path, magic, writable, log, buffers, commitLog }: ReopenParts): Promise<void> {
  const { header } = log
  const durable = commitLog.checkpoint?.totalLength ?? log.base.totalLength
  const from = Math.max(durable, buffers.all[0]?.start ?? header.totalLength)
  if (from < header.totalLength) await writeAll(file, [...buffers.chunks(from, header.totalLength)], from)
  await writable.writeHeader(header)
  await file.sync()
  const found = await readHeaderPage(file, path, { magic })
  if (found.base.sequence > 0 || writable.base.sequence > 0)
    await writable.writeBase(log.base, commitLog.beginning.first)
}

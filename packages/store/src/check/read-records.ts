import { type OpenStream, openCommitLog } from '../commit-log/open-commit-log.ts'
import { type PlacedRecord, placedRecords, type UnreadableRecords } from '../commit-log/placed-records.ts'
import type { Disk } from '../disk/disk.ts'
import { commitLogPath } from '../log/paths.ts'

/** The records of a stream file's commit log, if it has one. @throws as `openCommitLog` */
export async function* readRecords(
  disk: Disk,
  path: string,
  stream: OpenStream,
): AsyncGenerator<PlacedRecord | UnreadableRecords, void, void> {
  if (!(await disk.exists(commitLogPath(path)))) return
  const commitLog = await openCommitLog(disk, path, 'read', stream)
  try {
    yield* placedRecords(commitLog)
  } finally {
    await commitLog.close()
  }
}

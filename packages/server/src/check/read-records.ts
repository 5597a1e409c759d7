import type { Disk } from '../disk/disk.ts'
import { CommitLog } from '../store/commit-log.ts'
import { commitLogPath } from '../store/paths.ts'
import { type PlacedRecord, placedRecords, type UnreadableRecords } from '../store/placed-records.ts'

/** The records of a stream file's commit log, if it has one. */
export async function* readRecords(
  disk: Disk,
  path: string,
): AsyncGenerator<PlacedRecord | UnreadableRecords, void, void> {
  const logPath = commitLogPath(path)
  if (!(await disk.exists(logPath))) return
  const commitLog = await CommitLog.open(disk, logPath, 'read')
  try {
    yield* placedRecords(commitLog)
  } finally {
    await commitLog.close()
  }
}

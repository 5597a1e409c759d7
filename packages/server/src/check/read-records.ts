import { type Disk, readExactly } from '../disk/disk.ts'
import { RECORDS_OFFSET } from '../store/commit-log.ts'
import { type CommitRecord, decodeRecord, RECORD_BYTES } from '../store/commit-record.ts'
import { commitLogPath } from '../store/paths.ts'

const RECORDS_AT_ONCE = 4096

/** The records of a stream file's commit log, if it has one, up to the first that is not whole or goes back. */
export async function* readRecords(disk: Disk, path: string): AsyncGenerator<CommitRecord, void, void> {
  const logPath = commitLogPath(path)
  if (!(await disk.exists(logPath))) return
  const file = await disk.open(logPath, 'read')
  try {
    const count = Math.floor(((await file.size()) - RECORDS_OFFSET) / RECORD_BYTES)
    let before = 0
    for (let index = 0; index < count; index += RECORDS_AT_ONCE) {
      const length = Math.min(RECORDS_AT_ONCE, count - index) * RECORD_BYTES
      const bytes = await readExactly(file, RECORDS_OFFSET + index * RECORD_BYTES, length)
      for (let at = 0; at < length; at += RECORD_BYTES) {
        const record = decodeRecord(bytes, at)
        if (record === undefined || record.totalLength <= before) return
        before = record.totalLength
        yield record
      }
    }
  } finally {
    await file.close()
  }
}

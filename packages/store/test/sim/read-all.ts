import { decodeEntry, ENTRY_HEAD_BYTES, type Entry, HEADER_PAGE_BYTES, viewOf } from '@datastreamer/format'
import type { StreamLog } from '../../src/log/stream-log.ts'

/** All entries of a log, checked to be numbered from 0. */
export async function readAll(log: StreamLog): Promise<Entry[]> {
  const entries: Entry[] = []
  let at = { position: HEADER_PAGE_BYTES, number: 0 }
  while (at.number < Number(log.header.totalEntries)) {
    const run = log.runInMemory(at) ?? (await log.runOnDisk(at))
    if (run === undefined) throw new Error(`entry ${at.number} is gone`)
    for (let offset = 0; offset < run.bytes.length; ) {
      const entry = decodeEntry(viewOf(run.bytes), offset)
      if (entry?.number !== BigInt(entries.length)) throw new Error(`entry ${entry?.number} at ${entries.length}`)
      entries.push({ ...entry, data: entry.data.slice() })
      offset += ENTRY_HEAD_BYTES + entry.data.length
    }
    at = run.next
  }
  return entries
}

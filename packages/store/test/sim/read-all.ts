import { decodeEntries, type Entry } from '@datastreamer/format'
import { LogCursor } from '../../src/log/log-cursor.ts'
import type { StreamLog } from '../../src/log/stream-log.ts'

/** All entries of a log, with their numbers checked. */
export async function readAll(log: StreamLog): Promise<Entry[]> {
  const entries: Entry[] = []
  const cursor = new LogCursor(log, 0)
  for (;;) {
    const run = await cursor.next()
    if (run === undefined) return entries
    for (const { number, type, data } of decodeEntries(run.bytes)) {
      if (number !== BigInt(entries.length)) throw new Error(`entry ${number} at ${entries.length}`)
      entries.push({ number, type, data: data.slice() })
    }
  }
}

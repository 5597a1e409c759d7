import { decodeEntries, type Entry } from '@datastreamer/format'
import { LogCursor } from '../../src/log/log-cursor.ts'
import type { StreamLog } from '../../src/log/stream-log.ts'

/** All entries of a log, from its first one on, with their numbers checked. */
export async function readAll(log: StreamLog): Promise<Entry[]> {
  const entries: Entry[] = []
  const first = log.firstEntry
  const cursor = new LogCursor(log, first)
  for (;;) {
    const run = await cursor.next()
    if (run === undefined) return entries
    for (const { number, type, data } of decodeEntries(run.bytes)) {
      if (number !== BigInt(first + entries.length)) throw new Error(`entry ${number} at ${first + entries.length}`)
      entries.push({ number, type, data: data.slice() })
    }
  }
}

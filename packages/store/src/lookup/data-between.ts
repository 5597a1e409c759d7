import { BOOKMARK_TYPE, concatBytes, decodeEntries } from '@datastreamer/format'
import { RefusedError } from '../disk/errors.ts'
import { LogCursor } from '../log/log-cursor.ts'
import type { ReadableLog } from '../log/readable-log.ts'

/**
 * The concatenated data of all entries that are not bookmarks, from entry `from` up to but excluding entry `to`.
 *
 * @throws {RefusedError} `RANGE_REVERSED` if `to` is before `from`; `BOOKMARK_NOT_FOUND` if `to` was truncated meanwhile
 * @throws {TruncatedError}
 */
export async function dataBetween(log: ReadableLog, from: bigint, to: bigint): Promise<Uint8Array> {
  if (to < from) throw new RefusedError('RANGE_REVERSED', `the range ends at entry ${to}, before its start ${from}`)
  const chunks: Uint8Array[] = []
  const cursor = new LogCursor(log, Number(from))
  while (cursor.number < Number(to)) {
    const run = await cursor.next()
    if (run === undefined) throw new RefusedError('BOOKMARK_NOT_FOUND', `entry ${to} was truncated meanwhile`)
    for (const { type, number, data } of decodeEntries(run.bytes)) {
      if (number < to && type !== BOOKMARK_TYPE) chunks.push(data)
    }
  }
  return concatBytes(chunks)
}

import { BOOKMARK_TYPE, concatBytes, decodeEntry, ENTRY_HEAD_BYTES, viewOf } from '@datastreamer/format'
import { RefusedError } from '../disk/errors.ts'
import type { StreamLog } from '../log/stream-log.ts'

/**
 * The data of all entries that are no bookmarks, joined, from entry `from` up to, without it, entry `to`.
 *
 * @throws {RefusedError} `RANGE_REVERSED` if `to` stands before `from`
 */
export async function dataBetween(log: StreamLog, from: bigint, to: bigint): Promise<Uint8Array> {
  if (to < from) throw new RefusedError('RANGE_REVERSED', `the range ends at entry ${to}, before its start ${from}`)
  const pieces: Uint8Array[] = []
  let at = await log.locate(Number(from))
  while (at.number < Number(to)) {
    const run = log.runInMemory(at) ?? (await log.runOnDisk(at))
    if (run === undefined) throw new RefusedError('BOOKMARK_NOT_FOUND', `entry ${at.number} was truncated meanwhile`)
    const view = viewOf(run.bytes)
    for (let offset = 0; offset < run.bytes.length; ) {
      const entry = decodeEntry(view, offset)
      if (entry === undefined || entry.number >= to) break
      if (entry.type !== BOOKMARK_TYPE) pieces.push(entry.data)
      offset += ENTRY_HEAD_BYTES + entry.data.length
    }
    at = run.next
  }
  return concatBytes(pieces)
}

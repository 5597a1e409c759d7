import { decodeEntry, ENTRY_HEAD_BYTES, type Entry, viewOf } from '@datastreamer/format'
import type { StreamReader } from '@datastreamer/store'

/** The committed entries `from` to `to`, `to` not included, in runs as they lie in the file. They borrow its memory. */
export async function* readEntries({ log }: StreamReader, from: bigint, to: bigint): AsyncGenerator<Entry, void, void> {
  let place = await log.locate(Number(from))
  while (place.number < Number(to)) {
    const run = log.runInMemory(place) ?? (await log.runOnDisk(place))
    if (run === undefined) return
    const view = viewOf(run.bytes)
    for (let at = 0; at < run.bytes.length; ) {
      const entry = decodeEntry(view, at)
      if (entry === undefined || entry.number >= to) return
      yield entry
      at += ENTRY_HEAD_BYTES + entry.data.length
    }
    place = run.next
  }
}

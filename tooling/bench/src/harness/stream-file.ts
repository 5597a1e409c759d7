import { randomFillSync } from 'node:crypto'
import { ENTRY_HEAD_BYTES } from '@datastreamer/format'
import { openStore } from '@datastreamer/store'

/** Bytes of data of every entry that is no bookmark, as in all figures here. */
export const DATA_BYTES = 200
/** Entries of an operation, not counting the bookmark before them. */
export const OPERATION_ENTRIES = 10
/** Bytes of an entry, and of the bookmark of an operation. */
export const ENTRY_BYTES: number = ENTRY_HEAD_BYTES + DATA_BYTES
export const BOOKMARK_BYTES: number = ENTRY_HEAD_BYTES + 9
/** Operations after which a writer lets others have their turn. */
export const TURN_OPERATIONS = 1000

const bookmark = new Uint8Array(9)
const bookmarkView = new DataView(bookmark.buffer)

/** The bookmark of an operation: nine bytes, as a sequencer's. The next call changes them. */
export function bookmarkOf(operation: number): Uint8Array {
  bookmarkView.setUint8(0, 2)
  bookmarkView.setUint32(5, operation)
  return bookmark
}

/** One turn of the event loop. */
export async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

/**
 * Append operations of one bookmark and ten entries to a stream file, which is made if absent, until `enough`.
 *
 * @returns what the file holds then
 */
export async function fillStream(
  file: string,
  enough: (totals: { readonly entries: number; readonly bytes: number }) => boolean,
): Promise<{ readonly entries: number; readonly bytes: number }> {
  await using store = await openStore({ file, fsync: 'never' })
  const data = randomFillSync(new Uint8Array(DATA_BYTES))
  let { entries, bytes } = { entries: Number(store.getHeader().totalEntries), bytes: store.getHeader().totalLength }
  let last: Promise<unknown> = Promise.resolve()
  while (!enough({ entries, bytes })) {
    store.startAtomicOp()
    store.addStreamBookmark(bookmarkOf(entries / (OPERATION_ENTRIES + 1)))
    for (let i = 0; i < OPERATION_ENTRIES; i++) store.addStreamEntry(1, data)
    last = store.commitAtomicOp()
    entries += OPERATION_ENTRIES + 1
    bytes += BOOKMARK_BYTES + OPERATION_ENTRIES * ENTRY_BYTES
    if ((entries / (OPERATION_ENTRIES + 1)) % TURN_OPERATIONS === 0) {
      await store.writable()
      await turn()
    }
  }
  await last
  const header = store.getHeader()
  return { entries: Number(header.totalEntries), bytes: header.totalLength }
}

import { BOOKMARK_TYPE } from '@datastreamer/format'
import { findBookmark } from '../../src/bookmarks/find-bookmark.ts'
import { verifyStream } from '../../src/check/verify.ts'
import type { Disk } from '../../src/disk/disk.ts'
import type { StreamStore } from '../../src/store/stream-store.ts'
import { entryOf } from './versions.ts'

/** Check that every bookmark leads to its last entry, and those that are not there nowhere. */
export async function checkIndex(store: StreamStore, found: readonly string[], known: Iterable<string>): Promise<void> {
  for (const text of known) {
    const { type, data } = entryOf(text)
    if (type !== BOOKMARK_TYPE) continue
    const at = found.lastIndexOf(text)
    const number = await findBookmark(store.log, store.index, data)
    if (number !== (at < 0 ? undefined : BigInt(at))) {
      throw new Error(`bookmark ${text} found at ${number}, is at ${at}`)
    }
  }
}

/** Whether a check of a stream file says that it is damaged. */
export async function isFoundDamaged(disk: Disk, file: string): Promise<boolean> {
  for await (const { kind } of verifyStream({ file, disk })) if (kind === 'damage') return true
  return false
}

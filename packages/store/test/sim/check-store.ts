import { BOOKMARK_TYPE } from '@datastreamer/format'
import { findBookmark } from '../../src/bookmarks/find-bookmark.ts'
import { verifyStream } from '../../src/check/verify.ts'
import type { Disk } from '../../src/disk/disk.ts'
import type { DamageError } from '../../src/log/damage-error.ts'
import type { StreamStore } from '../../src/store/stream-store.ts'
import { entryOf } from './versions.ts'

/** Check that every bookmark leads to its last entry, and unknown ones and those before the file's first entry to none. */
export async function checkIndex(store: StreamStore, found: readonly string[], known: Iterable<string>): Promise<void> {
  for (const text of known) {
    const { type, data } = entryOf(text)
    if (type !== BOOKMARK_TYPE) continue
    const at = found.lastIndexOf(text)
    const number = await findBookmark(store.log, store.index, data)
    if (number !== (at < store.log.firstEntry ? undefined : BigInt(at))) {
      throw new Error(`bookmark ${text} found at ${number}, is at ${at}`)
    }
  }
}

/** The damaged ranges of a stream file. */
export async function damagesOf(disk: Disk, file: string): Promise<DamageError[]> {
  const damages: DamageError[] = []
  for await (const event of verifyStream({ file, disk })) if (event.kind === 'damage') damages.push(event.error)
  return damages
}

import { BOOKMARK_TYPE, decodeEntries } from '@datastreamer/format'
import type { EntryRun } from './entry-run.ts'
import { sameBytes } from './point.ts'

/** Number of the last entry of a record that is this bookmark; `undefined` if none is. */
export function lastBookmark({ bytes }: Pick<EntryRun, 'bytes'>, bookmark: Uint8Array): bigint | undefined {
  const isIt = (entry: { readonly type: number; readonly data: Uint8Array }): boolean =>
    entry.type === BOOKMARK_TYPE && sameBytes(entry.data, bookmark)
  return decodeEntries(bytes).findLast(isIt)?.number
}

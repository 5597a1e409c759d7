import { pageStart } from '@datastreamer/format'
import { openStore, type StoreOptions, type StreamReader, type StreamStore } from '../src/index.ts'
import type { CommitPoint } from '../src/log/commit-point.ts'

/** Bytes of data of the entries that are no bookmarks: some 100 entries are in a page. */
const DATA_BYTES = 10_000
/** Entries of an operation: the first is a bookmark. */
const PER_COMMIT = 10

/** The bookmark that is entry `number`. */
export function keyOf(number: number): Uint8Array {
  return Uint8Array.of(7, number >> 8, number & 255)
}

/** Commit entries `from` to `to`, `to` not included, of a stream that is always the same. */
export async function append(store: StreamStore, from: number, to: number): Promise<void> {
  for (let number = from; number < to; ) {
    const end = Math.min(to, number - (number % PER_COMMIT) + PER_COMMIT)
    store.startAtomicOp()
    for (; number < end; number++) {
      if (number % PER_COMMIT === 0) store.addStreamBookmark(keyOf(number))
      else store.addStreamEntry(number, new Uint8Array(DATA_BYTES).fill(number))
    }
    await store.commitAtomicOp()
  }
}

/** The first entries of that stream in a file, from the beginning on. */
export async function makeWhole(file: string, entries: number): Promise<void> {
  await using store = await openStore({ file, fsync: 'never' })
  await append(store, 0, entries)
}

/** Where a page of an open file begins. */
export async function startOfPage({ log }: StreamReader, page: number): Promise<CommitPoint> {
  return { totalLength: pageStart(page), totalEntries: BigInt(await log.firstEntryOf(page)) }
}

/** A file of that stream that begins where a page of the whole one does, and ends where it does. */
export async function makeLate(
  file: string,
  whole: StreamReader,
  page: number,
  options: Omit<StoreOptions, 'file'> = {},
): Promise<StreamStore> {
  const base = await startOfPage(whole, page)
  const store = await openStore({ file, fsync: 'never', base, ...options })
  await append(store, Number(base.totalEntries), Number(whole.getHeader().totalEntries))
  return store
}

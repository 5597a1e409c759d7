import { PAGE_BYTES, pageOf, pageStart } from '@datastreamer/format'
import { openStore, type StoreOptions, type StreamReader, type StreamStore } from '../src/index.ts'
import type { CommitPoint } from '../src/log/commit-point.ts'

/** Bytes of data of the entries: some 100 in a page. */
export const DATA_BYTES = 10_000
/** Entries of an operation. */
export const PER_COMMIT = 10

export const keyOf = (number: number): Uint8Array => Uint8Array.of(7, number >> 8, number & 255)

/** Commit the operations of a stream from entry `from` to entry `to`, each of 10 entries, the first a bookmark of its number. */
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

/** A stream file of `entries` entries from its beginning on. */
export async function makeWhole(file: string, entries: number): Promise<void> {
  await using store = await openStore({ file, fsync: 'never' })
  await append(store, 0, entries)
}

/** Where page `page` of a stream file begins. */
export async function startOfPage({ log }: StreamReader, page: number): Promise<CommitPoint> {
  return { totalLength: pageStart(page), totalEntries: BigInt(await log.firstEntryOf(page)) }
}

/** A stream file that begins at a page of a whole one and goes on as that one does. */
export async function makeLate(
  file: string,
  whole: StreamReader,
  page: number,
  options: Partial<StoreOptions> = {},
): Promise<StreamStore> {
  const base = await startOfPage(whole, page)
  const store = await openStore({ file, fsync: 'never', base, ...options })
  await append(store, Number(base.totalEntries), Number(whole.getHeader().totalEntries))
  return store
}

/** Number of the last entry that begins in a page before that of `point`. */
export function pagesBefore({ totalLength }: CommitPoint): number {
  return pageOf(totalLength)
}

export const MIB = PAGE_BYTES

import { type EntriesFrom, type EntriesTo, NotFoundError, u64Of } from '@datastreamer/format'
import type { ReadableLog } from '../log/readable-log.ts'

/** The bounds of a range of entries, as numbers. */
export interface Bounds {
  /** Number of the first entry. */
  readonly first: number
  /** Number of the entry to stop before, if one was requested. */
  readonly end: number | undefined
}

/** Finds the number of a bookmark's entry. */
export type FindBookmark = (bookmark: Uint8Array) => Promise<bigint | undefined>

/**
 * Find the bounds of a range of entries.
 *
 * @param waits whether to wait for entries after the head
 * @throws {NotFoundError} @throws {RangeError} if an entry number is invalid
 */
export async function boundsOf(
  log: ReadableLog,
  findBookmark: FindBookmark,
  { from, to, waits }: { readonly from: EntriesFrom; readonly to: EntriesTo | undefined; readonly waits: boolean },
): Promise<Bounds> {
  const { totalEntries } = log.header
  const numberOf = async (bound: Exclude<EntriesFrom, 'latest'>, code: NotFoundError['code']): Promise<number> => {
    if (typeof bound !== 'object') return Number(u64Of(bound, code === 'FROM_NOT_FOUND' ? 'from' : 'to'))
    const number = await findBookmark(bound.bookmark)
    if (number !== undefined) return Number(number)
    throw new NotFoundError(code, `the stream has no bookmark 0x${Buffer.from(bound.bookmark).toString('hex')}`)
  }
  const first = from === 'latest' ? Number(totalEntries) : await numberOf(from, 'FROM_NOT_FOUND')
  if (!waits && first > Number(totalEntries)) throw notThere('FROM_NOT_FOUND', first, totalEntries)
  if (to === undefined) return { first, end: undefined }
  const last = await numberOf(to, 'TO_NOT_FOUND')
  if (typeof to === 'object' && last < first) {
    throw new NotFoundError('TO_NOT_FOUND', `the end, entry ${last}, is before the start, entry ${first}`)
  }
  if (!waits && last >= first && last >= Number(totalEntries)) throw notThere('TO_NOT_FOUND', last, totalEntries)
  return { first, end: last + 1 }
}

/** The error for an entry after the head, if reading does not wait there. */
export function notThere(code: NotFoundError['code'], number: number, totalEntries: bigint): NotFoundError {
  return new NotFoundError(code, `no entry ${number}, the stream has ${totalEntries}`)
}

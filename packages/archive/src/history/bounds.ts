import { type EntriesOptions, type EntriesTo, NotFoundError, type Signal, u64Of } from '@datastreamer/format'
import type { EntryRange } from './read-snapshot.ts'
import type { Snapshot } from './snapshot.ts'

/** Finds the entry of a bookmark. */
export type FindBookmark = (bookmark: Uint8Array, signal: Signal | undefined) => Promise<bigint | undefined>

/**
 * The entries that are asked for.
 *
 * @throws {NotFoundError} if there is no such start or end @throws {RangeError} if a number is none
 */
export async function rangeOf(
  { end }: Snapshot,
  { from = 0n, to, signal }: EntriesOptions,
  find: FindBookmark,
): Promise<EntryRange> {
  const numberOf = async (bound: EntriesTo, code: NotFoundError['code']): Promise<bigint> => {
    if (typeof bound !== 'object') return u64Of(bound, code === 'FROM_NOT_FOUND' ? 'from' : 'to')
    const found = await find(bound.bookmark, signal)
    if (found === undefined) throw new NotFoundError(code, 'the history has no such bookmark')
    return found
  }
  const first = from === 'latest' ? end : await numberOf(from, 'FROM_NOT_FOUND')
  const stop = to === undefined ? end : (await numberOf(to, 'TO_NOT_FOUND')) + 1n
  const has = end === 0n ? 'no entries' : `entries 0 to ${end - 1n}`
  if (first > end) throw new NotFoundError('FROM_NOT_FOUND', `no entry ${first}, the history has ${has}`)
  if (stop <= first && typeof to === 'object') {
    const message = `the end, entry ${stop - 1n}, is before the start, entry ${first}`
    throw new NotFoundError('TO_NOT_FOUND', message)
  }
  if (stop > first && stop > end) {
    throw new NotFoundError('TO_NOT_FOUND', `no entry ${stop - 1n}, the history has ${has}`)
  }
  return { from: first, stop }
}

import type { StreamClient } from '@datastreamer/client'
import { sameEntry } from '@datastreamer/format'
import type { StreamReader } from '@datastreamer/store'
import { readEntries } from '../boundaries/read-entries.ts'

/** Entries before the entry where two streams part that are compared one by one. */
const WINDOW = 65_536n

/**
 * How many entries, from the first on, an upstream and a file have in common; those before a file that begins late count.
 *
 * Found by bisection, then proven by comparing every entry of a window before it: entries after the one where two
 * streams part may be equal by chance, and bisection then ends too far ahead.
 */
export async function countCommonEntries(
  client: StreamClient,
  own: StreamReader,
  signal: AbortSignal,
): Promise<bigint> {
  const { totalEntries: theirs } = await client.getHeader({ signal })
  let { totalEntries: most } = own.getHeader()
  if (theirs < most) most = theirs
  let common = await bisect(client, own, most, signal)
  for (let checked = false; !checked && common > own.firstEntry; ) {
    const from = common - WINDOW > own.firstEntry ? common - WINDOW : own.firstEntry
    const parts = await firstDifference(client, own, from, common, signal)
    checked = parts === common
    common = parts
  }
  return common
}

/** The most entries whose last one both have, as far as bisection shows. */
async function bisect(client: StreamClient, own: StreamReader, most: bigint, signal: AbortSignal): Promise<bigint> {
  const hasSame = async (number: bigint): Promise<boolean> => {
    const [theirs, ours] = await Promise.all([client.getEntry(number, { signal }), own.getEntry(number)])
    return theirs !== undefined && ours !== undefined && sameEntry(theirs, ours)
  }
  if (most <= own.firstEntry || (await hasSame(most - 1n))) return most
  let same = own.firstEntry
  let other = most
  while (other - same > 1n) {
    const middle = (same + other) / 2n
    if (await hasSame(middle - 1n)) same = middle
    else other = middle
  }
  return same
}

/** Number of the first entry from `from` on that differs, or `to`. */
async function firstDifference(
  client: StreamClient,
  own: StreamReader,
  from: bigint,
  to: bigint,
  signal: AbortSignal,
): Promise<bigint> {
  const ours = readEntries(own, from, to)
  for await (const entry of client.entries({ from, to: to - 1n, follow: false, signal })) {
    const { value } = await ours.next()
    if (value === undefined || !sameEntry(value, entry)) return entry.number
  }
  return to
}

import { BOOKMARK_TYPE, type Entry, encodeEntry, encodeHeaderEntry, type Header } from '@datastreamer/format'

/** Entry `number` of a stream that tests make up: every fifth a bookmark of its own number, the others of 0 to 60 bytes. */
export function entryAt(number: bigint, fill = 0): Entry {
  if (number % 5n === 0n) return { type: BOOKMARK_TYPE, number, data: bookmarkAt(number) }
  return { type: 1, number, data: new Uint8Array(Number(number * 7n) % 61).fill(Number(number) + fill) }
}

/** The bookmark that is entry `number`. */
export function bookmarkAt(number: bigint): Uint8Array {
  const bookmark = new Uint8Array(9)
  new DataView(bookmark.buffer).setBigUint64(1, number)
  return bookmark
}

/** Entries `from` to `to`, `to` not included. */
export function entriesOf(from: number, to: number, fill = 0): Entry[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => entryAt(BigInt(from + i), fill))
}

export function encodeAll(entries: readonly Entry[]): Uint8Array {
  return Buffer.concat(entries.map((entry) => encodeEntry(entry)))
}

export function headerOf(totalEntries: number, fields: Partial<Header> = {}): Uint8Array {
  return encodeHeaderEntry({
    generation: 3,
    version: 2,
    systemId: 779n,
    streamType: 1n,
    totalLength: 4096 + totalEntries * 100,
    totalEntries: BigInt(totalEntries),
    ...fields,
  })
}

/** Plain copies, so that a comparison does not look at chunks. */
export function plain(entries: readonly Entry[]): Entry[] {
  return entries.map(({ type, number, data }) => ({ type, number, data: Uint8Array.from(data) }))
}

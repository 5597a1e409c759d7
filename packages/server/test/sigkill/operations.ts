import { BOOKMARK_TYPE } from '@datastreamer/format'

/** Entries of operation `k`, which opens with a bookmark of its own. */
export function sizeOf(k: number): number {
  return 1 + ((k * 31) % 9)
}

/** Number of entries in the first `count` operations: sizes come again after every nine. */
export function endOf(count: number): number {
  let end = Math.floor(count / 9) * 45
  for (let k = count - (count % 9); k < count; k++) end += sizeOf(k)
  return end
}

/** How many operations the first `entries` entries are, or -1 if they end inside one. */
export function operationsIn(entries: number): number {
  let count = Math.floor(entries / 45) * 9
  while (endOf(count) < entries) count++
  return endOf(count) === entries ? count : -1
}

export function bookmarkOf(k: number): Uint8Array {
  const key = new Uint8Array(9)
  new DataView(key.buffer).setBigUint64(1, BigInt(k))
  return key
}

/** Entry `number`, which is the `index`th of operation `k`: mostly small, now and then a part of a page. */
export function entryOf(k: number, index: number, number: number): { type: number; data: Uint8Array } {
  if (index === 0) return { type: BOOKMARK_TYPE, data: bookmarkOf(k) }
  const length = number % 701 === 0 ? 300_000 : (number * 37) % 400
  return { type: 1 + (number % 3), data: new Uint8Array(length).fill(number % 251) }
}

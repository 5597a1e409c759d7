import { placeEntry, viewOf } from '@datastreamer/format'

/**
 * Where a stream ends that ends with some entries.
 *
 * @param position where it ends without them
 * @param entries whole ones, head and data, back to back
 */
export function endOfRun(position: number, entries: Uint8Array): number {
  const view = viewOf(entries)
  let end = position
  for (let at = 0; at < entries.length; ) {
    const length = view.getUint32(at + 1)
    end = placeEntry(end, length) + length
    at += length
  }
  return end
}

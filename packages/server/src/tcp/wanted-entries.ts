import { ENTRY_HEAD_BYTES, invariant, viewOf } from '@datastreamer/format'

/** What of some whole entries is of the types that a reader wants. */
export interface Wanted {
  /** Where stretches of such entries begin and end, in turn: byte offsets. */
  readonly bounds: readonly number[]
  /** Bytes of all stretches. */
  readonly bytes: number
  /** Byte offset of the last entry, wanted or not. */
  readonly lastAt: number
  /** Whether the last entry is wanted. */
  readonly isLastWanted: boolean
}

/** Walk whole entries, as they lie one after the other in a page, once. */
export function findWanted(entries: Uint8Array, types: ReadonlySet<number>): Wanted {
  const view = viewOf(entries)
  const bounds: number[] = []
  let bytes = 0
  let lastAt = 0
  let from = -1
  for (let at = 0; at < entries.length; ) {
    lastAt = at
    const length = view.getUint32(at + 1)
    invariant(length >= ENTRY_HEAD_BYTES, 'a run holds what is no entry')
    if (types.has(view.getUint32(at + 5))) {
      if (from < 0) from = at
    } else if (from >= 0) {
      bounds.push(from, at)
      bytes += at - from
      from = -1
    }
    at += length
  }
  const isLastWanted = from >= 0
  if (isLastWanted) {
    bounds.push(from, entries.length)
    bytes += entries.length - from
  }
  return { bounds, bytes, lastAt, isLastWanted }
}

/** The wanted entries, one after the other, in new memory. */
export function copyWanted(entries: Uint8Array, { bounds, bytes }: Wanted): Uint8Array {
  const out = new Uint8Array(bytes)
  let to = 0
  for (let i = 0; i < bounds.length; i += 2) {
    const wanted = entries.subarray(bounds[i], bounds[i + 1])
    out.set(wanted, to)
    to += wanted.length
  }
  return out
}

/** The wanted entries, one after the other, where the first entries were. */
export function moveWanted(entries: Uint8Array, { bounds, bytes }: Wanted): Uint8Array {
  let to = 0
  for (let i = 0; i < bounds.length; i += 2) {
    const from = bounds[i] ?? 0
    const end = bounds[i + 1] ?? 0
    entries.copyWithin(to, from, end)
    to += end - from
  }
  return entries.subarray(0, bytes)
}

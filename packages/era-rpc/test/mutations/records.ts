import { decodeRecordHeader } from '@datastreamer/e2store'

/** A record in a file. */
export interface Located {
  readonly type: number
  readonly from: number
  readonly to: number
  /** How many of its type are before it: of what each block has, the block. */
  readonly nth: number
}

/** Where the records of a file are. */
export function recordsOf(bytes: Uint8Array): Located[] {
  const found: Located[] = []
  const counts = new Map<number, number>()
  for (let from = 0; from < bytes.length; ) {
    const { type, end } = decodeRecordHeader(bytes, from, from)
    const nth = counts.get(type) ?? 0
    counts.set(type, nth + 1)
    found.push({ type, from, to: end, nth })
    from = end
  }
  return found
}

/** The record that has the byte at a position. */
export function recordAt(records: readonly Located[], position: number): Located | undefined {
  return records.find(({ from, to }) => from <= position && position < to)
}

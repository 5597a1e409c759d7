import { type Bytes, viewOf } from './bytes.ts'
import { ENTRY_HEAD_BYTES, MAX_ENTRY_BYTES, PacketType } from './constants.ts'
import { FormatError } from './errors.ts'
import { badLength } from './framing.ts'

/** A stretch of whole entries that lie one after the other in a page. */
export interface Run {
  /** Byte after the last whole entry. */
  readonly end: number
  /** Number of entries. */
  readonly count: number
  /**
   * What stands at `end`: the end of the bytes (or `maxCount` was reached), padding up to the page's end, or an entry
   * that is not all there.
   */
  readonly stop: 'end' | 'padding' | 'incomplete'
}

/**
 * Walk the lengths of the entries from byte `at` up to `end` of a page, without looking at their data.
 *
 * @param firstNumber u64, number that the first entry must have; each after it must have the next
 * @param maxCount entries to walk at most
 * @throws {FormatError} `BAD_PACKET`, `BAD_LENGTH` (below 17 or more than a page holds) or `BAD_NUMBER`
 * @see docs/spec/stream-file.md §3
 */
export function walkRun(
  bytes: Bytes,
  at: number,
  end: number,
  firstNumber: bigint,
  maxCount: number = Number.MAX_SAFE_INTEGER,
): Run {
  const view = viewOf(bytes)
  // The expected number in two halves: this loop passes every byte that is served, and bigints would slow it down.
  let high = Number(firstNumber >> 32n)
  let low = Number(BigInt.asUintN(32, firstNumber))
  let count = 0
  while (at < end && count < maxCount) {
    const packet = view.getUint8(at)
    if (packet !== PacketType.entry) {
      if (packet === PacketType.padding) return { end: at, count, stop: 'padding' }
      throw new FormatError('BAD_PACKET', `packet type ${packet}, expected an entry (2) or padding (0)`, at)
    }
    if (end - at < ENTRY_HEAD_BYTES) return { end: at, count, stop: 'incomplete' }
    const length = view.getUint32(at + 1)
    if (length < ENTRY_HEAD_BYTES || length > MAX_ENTRY_BYTES) {
      throw badLength('entry', length, `${ENTRY_HEAD_BYTES} to ${MAX_ENTRY_BYTES}`, at)
    }
    if (view.getUint32(at + 13) !== low || view.getUint32(at + 9) !== high) {
      const expected = firstNumber + BigInt(count)
      throw new FormatError('BAD_NUMBER', `entry number ${view.getBigUint64(at + 9)}, expected ${expected}`, at + 9)
    }
    if (length > end - at) return { end: at, count, stop: 'incomplete' }
    at += length
    low = (low + 1) >>> 0
    if (low === 0) high = (high + 1) >>> 0
    count++
  }
  return { end: at, count, stop: 'end' }
}

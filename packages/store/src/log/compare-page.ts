import { ENTRY_HEAD_BYTES, viewOf } from '@datastreamer/format'

/** What is known of a page. */
export interface KnownPage {
  /** Position of the page. */
  readonly start: number
  /** Its whole entries, without padding: from memory, or as they were scanned, by their checksum. */
  readonly bytes: Uint8Array
  readonly firstNumber: number
  /** Number after that of its last entry. */
  readonly endNumber: number
  /** Whether no entry follows: padding, or the end of the page. */
  readonly isClosed: boolean
}

/** A difference between a known page and the file. */
export interface PageChange {
  /** Offset of the entry in the page; the end of the last one, if an entry follows that did not. */
  readonly offset: number
  readonly number: number
  /** Whether there is an entry of the same type and length, as after an update in place. */
  readonly fits: boolean
}

/**
 * Compare a page with what the file has there now.
 *
 * @param found fewer bytes than are known if the file ends earlier, one more if the page is closed
 * @returns the changes in order, up to the first that does not fit: later offsets are meaningless
 */
export function comparePage(known: KnownPage, found: Uint8Array): readonly PageChange[] {
  const { bytes, firstNumber, endNumber, isClosed } = known
  const common = found.subarray(0, bytes.length)
  const changes = equalBytes(bytes, common) ? [] : compareEntries(bytes, common, firstNumber)
  const goesOn = isClosed && (found[bytes.length] ?? 0) !== 0
  if (goesOn && changes.every(({ fits }) => fits)) {
    return [...changes, { offset: bytes.length, number: endNumber, fits: false }]
  }
  return changes
}

function compareEntries(bytes: Uint8Array, found: Uint8Array, firstNumber: number): readonly PageChange[] {
  const changes: PageChange[] = []
  const view = viewOf(bytes)
  for (let offset = 0, number = firstNumber; offset < bytes.length; number++) {
    const end = offset + view.getUint32(offset + 1)
    if (!equalBytes(bytes.subarray(offset, end), found.subarray(offset, end))) {
      const head = offset + ENTRY_HEAD_BYTES
      const fits = end <= found.length && equalBytes(bytes.subarray(offset, head), found.subarray(offset, head))
      changes.push({ offset, number, fits })
      if (!fits) return changes
    }
    offset = end
  }
  return changes
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

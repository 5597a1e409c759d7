import { ENTRY_HEAD_BYTES, viewOf } from '@datastreamer/format'

/** A page of which is known what it held. */
export interface KnownPage {
  /** Position of the page. */
  readonly start: number
  /** Its entries, whole, without padding: from memory, or by a checksum what was scanned. */
  readonly bytes: Uint8Array
  readonly firstNumber: number
  /** Number after that of its last entry. */
  readonly endNumber: number
  /** Whether something other than an entry must follow, or the page's end. */
  readonly isClosed: boolean
}

/** Where a page no longer is what it was. */
export interface PageChange {
  /** Byte in the page at which the entry began; that after the last one, if an entry follows where none did. */
  readonly offset: number
  readonly number: number
  /** Whether an entry of the same type and length stands there, as after an update in place. */
  readonly fits: boolean
}

/**
 * Compare a page with what the file has there now.
 *
 * @param found fewer bytes than are known if the file ends before, one more if the page is closed
 * @returns what changed, in order, up to the first change that does not fit: places after it have no meaning any more
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

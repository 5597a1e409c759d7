import { viewOf } from './bytes.ts'
import { PacketType } from './constants.ts'
import { FormatError } from './errors.ts'

/** Says that an atomic operation of the source ended before an entry number. docs/spec/protocol.md §7. */
export interface OperationEnd {
  /** u64, number of the entry that comes next. */
  readonly nextEntry: bigint
  /** Whether operations may also have ended, unknown where, between the mark before (or the start) and this one. */
  readonly gap: boolean
}

const BYTES = 14

/** Encode a mark: big-endian `packet u8 = 3 | length u32 = 14 | gap u8 (0 or 1) | nextEntry u64`. */
export function encodeOperationEnd({ nextEntry, gap }: OperationEnd): Uint8Array {
  const out = new Uint8Array(BYTES)
  const view = viewOf(out)
  view.setUint8(0, PacketType.operationEnd)
  view.setUint32(1, BYTES)
  view.setUint8(5, gap ? 1 : 0)
  view.setBigUint64(6, nextEntry)
  return out
}

/**
 * Decode the mark at byte `at`, or `undefined` if more bytes are needed.
 *
 * @throws {FormatError} `BAD_PACKET` or `BAD_LENGTH`
 * @see docs/spec/protocol.md §7
 */
export function decodeOperationEnd(view: DataView, at = 0): OperationEnd | undefined {
  const have = view.byteLength - at
  if (have < 1) return undefined
  const packet = view.getUint8(at)
  if (packet !== PacketType.operationEnd) throw new FormatError('BAD_PACKET', `packet type ${packet}, expected 3`, at)
  if (have < 5) return undefined
  const length = view.getUint32(at + 1)
  if (length !== BYTES) throw new FormatError('BAD_LENGTH', `mark length ${length}, expected ${BYTES}`, at + 1)
  if (have < length) return undefined
  return { gap: view.getUint8(at + 5) !== 0, nextEntry: view.getBigUint64(at + 6) }
}

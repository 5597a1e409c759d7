import { type Bytes, u64, viewOf } from './bytes.ts'
import { PacketType } from './constants.ts'
import { badLength, readPacketLength } from './framing.ts'

/** Says that an atomic operation of the source ended before an entry number, or that from there on nobody knows. docs/spec/protocol.md §7. */
export interface OperationEnd {
  /** u64, number of the entry that comes next. */
  readonly nextEntry: bigint
  /** Whether it is unknown where operations end from here on, up to the next mark. */
  readonly gap: boolean
}

const BYTES = 14

/**
 * Encode a mark: big-endian `packet u8 = 3 | length u32 = 14 | gap u8 (0 or 1) | nextEntry u64`.
 *
 * @throws {RangeError} if `nextEntry` is no u64
 * @see docs/spec/protocol.md §7
 */
export function encodeOperationEnd({ nextEntry, gap }: OperationEnd): Uint8Array {
  const out = new Uint8Array(BYTES)
  const view = viewOf(out)
  view.setUint8(0, PacketType.operationEnd)
  view.setUint32(1, BYTES)
  view.setUint8(5, gap ? 1 : 0)
  view.setBigUint64(6, u64(nextEntry, 'nextEntry'))
  return out
}

/**
 * Decode the mark at byte `at`, or `undefined` if more bytes are needed. Any `gap` byte but 0 means a gap.
 *
 * @throws {FormatError} `BAD_PACKET` or `BAD_LENGTH`
 * @see docs/spec/protocol.md §7
 */
export function decodeOperationEnd(bytes: Bytes, at = 0): OperationEnd | undefined {
  const view = viewOf(bytes)
  const length = readPacketLength(view, at, PacketType.operationEnd, 'an operation end')
  if (length === undefined) return undefined
  if (length !== BYTES) throw badLength('operation end', length, `${BYTES}`, at)
  if (view.byteLength - at < length) return undefined
  return { gap: view.getUint8(at + 5) !== 0, nextEntry: view.getBigUint64(at + 6) }
}

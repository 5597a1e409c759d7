import { type Bytes, u64, viewOf } from './bytes.ts'
import { PacketType } from './constants.ts'
import { badLength, readPacketLength } from './framing.ts'

/** Between two entries: an operation ends there, or it is unknown where operations end from there on. docs/spec/protocol.md §7. */
export interface OperationBoundary {
  /** u64, number of the entry after the boundary. */
  readonly nextEntry: bigint
  /** Whether it is unknown where operations end from here on, up to the next boundary. */
  readonly gap: boolean
}

const BYTES = 14

/**
 * Encode an operation boundary: big-endian `packet u8 = 3 | length u32 = 14 | gap u8 (0 or 1) | nextEntry u64`.
 *
 * @throws {RangeError} if `nextEntry` is no u64
 * @see docs/spec/protocol.md §7
 */
export function encodeOperationBoundary({ nextEntry, gap }: OperationBoundary): Uint8Array {
  const out = new Uint8Array(BYTES)
  const view = viewOf(out)
  view.setUint8(0, PacketType.operationBoundary)
  view.setUint32(1, BYTES)
  view.setUint8(5, gap ? 1 : 0)
  view.setBigUint64(6, u64(nextEntry, 'nextEntry'))
  return out
}

/**
 * Decode the operation boundary at byte `at`, or `undefined` if more bytes are needed. Any `gap` byte but 0 means a gap.
 *
 * @throws {FormatError} `BAD_PACKET` or `BAD_LENGTH`
 * @see docs/spec/protocol.md §7
 */
export function decodeOperationBoundary(bytes: Bytes, at = 0): OperationBoundary | undefined {
  const view = viewOf(bytes)
  const length = readPacketLength(view, at, PacketType.operationBoundary, 'an operation boundary')
  if (length === undefined) return undefined
  if (length !== BYTES) throw badLength('operation boundary', length, `${BYTES}`, at)
  if (view.byteLength - at < length) return undefined
  return { gap: view.getUint8(at + 5) !== 0, nextEntry: view.getBigUint64(at + 6) }
}

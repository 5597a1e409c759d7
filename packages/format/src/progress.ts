import { type Bytes, u64, viewOf } from './bytes.ts'
import { PacketType } from './constants.ts'
import { badLength, readPacketLength } from './framing.ts'

/** Every entry of the types asked for that stands before entry `nextEntry` was sent. docs/spec/protocol.md §11. */
export interface Progress {
  /** u64, number of the next entry that the server looks at. */
  readonly nextEntry: bigint
  /**
   * 32 bytes: SHA-256 of the entry before it, of whatever type, as it is encoded in the stream file
   * (docs/spec/stream-file.md §3). All zero if `nextEntry` is 0. What {@link decodeProgress} gives is a copy.
   */
  readonly digest: Uint8Array
}

const DIGEST_BYTES = 32
const DIGEST_AT = 13
const BYTES: number = DIGEST_AT + DIGEST_BYTES

/**
 * Encode a progress: big-endian `packet u8 = 5 | length u32 = 45 | nextEntry u64 | digest u8[32]`.
 *
 * @throws {RangeError} if `nextEntry` is no u64, or the digest has not 32 bytes
 * @see docs/spec/protocol.md §11
 */
export function encodeProgress({ nextEntry, digest }: Progress): Uint8Array {
  if (digest.length !== DIGEST_BYTES) {
    throw new RangeError(`a digest of ${digest.length} bytes, expected ${DIGEST_BYTES}`)
  }
  const out = new Uint8Array(BYTES)
  const view = viewOf(out)
  view.setUint8(0, PacketType.progress)
  view.setUint32(1, BYTES)
  view.setBigUint64(5, u64(nextEntry, 'nextEntry'))
  out.set(digest, DIGEST_AT)
  return out
}

/**
 * Decode the progress at byte `at`, or `undefined` if more bytes are needed.
 *
 * @throws {FormatError} `BAD_PACKET` or `BAD_LENGTH`
 * @see docs/spec/protocol.md §11
 */
export function decodeProgress(bytes: Bytes, at = 0): Progress | undefined {
  const view = viewOf(bytes)
  const length = readPacketLength(view, at, PacketType.progress, 'a progress')
  if (length === undefined) return undefined
  if (length !== BYTES) throw badLength('progress', length, `${BYTES}`, at)
  if (view.byteLength - at < length) return undefined
  const digest = new Uint8Array(view.buffer, view.byteOffset + at + DIGEST_AT, DIGEST_BYTES)
  return { nextEntry: view.getBigUint64(at + 5), digest: digest.slice() }
}

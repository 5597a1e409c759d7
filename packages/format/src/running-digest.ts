import { type Bytes, u64, unsigned, viewOf } from './bytes.ts'
import { PacketType } from './constants.ts'
import { badLength, readPacketLength } from './framing.ts'

/** What all entries of a stream before one, and what stream it is, come to; and who vouches for it. docs/spec/protocol.md §12. */
export interface RunningDigest {
  /** u64, number of the entry after those that are in the digest. */
  readonly nextEntry: bigint
  /** 32 bytes: D(nextEntry) of docs/spec/archive.md §3. What {@link decodeRunningDigest} gives is a copy. */
  readonly runningDigest: Uint8Array
  /** `undefined`: nobody vouches for it. */
  readonly signature?: DigestSignature | undefined
}

/** Who vouches for a running digest. docs/spec/protocol.md §12. */
export interface DigestSignature {
  /** u64, when it was signed: seconds since 1970. */
  readonly time: bigint
  /** u32, id of the key. */
  readonly keyId: number
  /** 64 bytes, Ed25519. */
  readonly bytes: Uint8Array
}

/** A running digest that somebody vouches for. */
export interface SignedDigest extends RunningDigest {
  readonly signature: DigestSignature
}

/** Bytes of a running digest. */
export const RUNNING_DIGEST_BYTES = 32
const SIGNATURE_BYTES = 64
const DIGEST_AT = 13
const TIME_AT: number = DIGEST_AT + RUNNING_DIGEST_BYTES
const KEY_AT: number = TIME_AT + 8
const SIGNATURE_AT: number = KEY_AT + 4
const UNSIGNED_BYTES: number = TIME_AT
const SIGNED_BYTES: number = SIGNATURE_AT + SIGNATURE_BYTES

/**
 * Encode a running digest: big-endian `packet u8 = 6 | length u32 = 45 | nextEntry u64 | digest u8[32]`, and with a
 * signature `length u32 = 121`, and after the digest `time u64 | key u32 | signature u8[64]`.
 *
 * @throws {RangeError} if a number does not fit, or digest or signature have not 32 or 64 bytes
 * @see docs/spec/protocol.md §12
 */
export function encodeRunningDigest({ nextEntry, runningDigest, signature }: RunningDigest): Uint8Array {
  const out = new Uint8Array(signature === undefined ? UNSIGNED_BYTES : SIGNED_BYTES)
  const view = viewOf(out)
  view.setUint8(0, PacketType.runningDigest)
  view.setUint32(1, out.length)
  view.setBigUint64(5, u64(nextEntry, 'nextEntry'))
  out.set(sized(runningDigest, RUNNING_DIGEST_BYTES, 'a running digest'), DIGEST_AT)
  if (signature === undefined) return out
  view.setBigUint64(TIME_AT, u64(signature.time, 'time'))
  view.setUint32(KEY_AT, unsigned(signature.keyId, 32, 'key id'))
  out.set(sized(signature.bytes, SIGNATURE_BYTES, 'a signature'), SIGNATURE_AT)
  return out
}

/**
 * Decode the running digest at byte `at`, or `undefined` if more bytes are needed.
 *
 * @throws {FormatError} `BAD_PACKET` or `BAD_LENGTH`
 * @see docs/spec/protocol.md §12
 */
export function decodeRunningDigest(bytes: Bytes, at = 0): RunningDigest | undefined {
  const view = viewOf(bytes)
  const length = readPacketLength(view, at, PacketType.runningDigest, 'a running digest')
  if (length === undefined) return undefined
  if (length !== UNSIGNED_BYTES && length !== SIGNED_BYTES) {
    throw badLength('running digest', length, `${UNSIGNED_BYTES} or ${SIGNED_BYTES}`, at)
  }
  if (view.byteLength - at < length) return undefined
  const copy = (from: number, length: number): Uint8Array =>
    new Uint8Array(view.buffer, view.byteOffset + at + from, length).slice()
  const digest = {
    nextEntry: view.getBigUint64(at + 5),
    runningDigest: copy(DIGEST_AT, RUNNING_DIGEST_BYTES),
  }
  if (length === UNSIGNED_BYTES) return digest
  return {
    ...digest,
    signature: {
      time: view.getBigUint64(at + TIME_AT),
      keyId: view.getUint32(at + KEY_AT),
      bytes: copy(SIGNATURE_AT, SIGNATURE_BYTES),
    },
  }
}

function sized(bytes: Uint8Array, length: number, what: string): Uint8Array {
  if (bytes.length !== length) throw new RangeError(`${what} of ${bytes.length} bytes, expected ${length}`)
  return bytes
}

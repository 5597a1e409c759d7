import { type Bytes, decodeAscii, encodeAscii, readLength, u64, unsigned, viewOf } from './bytes.ts'
import { HEADER_PAGE_BYTES, MAGIC_BYTES, PacketType } from './constants.ts'
import { FormatError } from './errors.ts'
import { badLength, readPacketLength } from './framing.ts'

/** Layout of the header: 1 (September 2023, no magic), 2 (until January 2024), 3 (since, what networks run). */
export type HeaderGeneration = 1 | 2 | 3

/** What a stream says of itself. docs/spec/stream-file.md §2. */
export interface Header {
  readonly generation: HeaderGeneration
  /** u8, version of the entries' encoding, set by the application; 0 in generations 1 and 2, which lack it. */
  readonly version: number
  /** u64, e.g. the chain id; 0 in generations 1 and 2, which lack it. */
  readonly systemId: bigint
  /** u64, 1 for a zkEVM sequencer. */
  readonly streamType: bigint
  /** Bytes in use, header page and padding included: 4096 for an empty file. */
  readonly totalLength: number
  /** u64, number of entries, which is the number of the next one. */
  readonly totalEntries: bigint
}

export interface MagicOptions {
  /** The 16 bytes that the file begins with, by default `polygonDATSTREAM`. */
  readonly magic?: Uint8Array | undefined
}

/** Bytes of the header entry of generations 1 and 2. */
const SHORT_BYTES = 29
/** Bytes of the header entry of generation 3. */
const LONG_BYTES = 38

/** The magic of zkEVM streams, a fresh copy. */
export function defaultMagic(): Uint8Array {
  return encodeAscii('polygonDATSTREAM')
}

/** Position of the header entry in the file. */
export function headerEntryOffset(generation: HeaderGeneration): number {
  return generation === 1 ? 0 : MAGIC_BYTES
}

/**
 * Encode the header entry, as it lies in the file after the magic and as it goes over the wire.
 *
 * Big-endian `packet u8 = 1 | length u32 | [version u8 | systemId u64] | streamType u64 | totalLength u64 |
 * totalEntries u64`: 38 bytes, or 29 without the bracket in generations 1 and 2.
 *
 * @throws {RangeError} if a field does not fit, or the generation has no place for what is not 0
 * @see docs/spec/stream-file.md §2
 */
export function encodeHeaderEntry(header: Header): Uint8Array {
  const { generation, version, systemId, streamType, totalLength, totalEntries } = header
  if (!Number.isSafeInteger(totalLength) || totalLength < 0) {
    throw new RangeError(`totalLength ${totalLength} is no file position`)
  }
  const long = generation === 3
  const out = new Uint8Array(long ? LONG_BYTES : SHORT_BYTES)
  const view = viewOf(out)
  view.setUint8(0, PacketType.header)
  view.setUint32(1, out.length)
  let at = 5
  if (long) {
    view.setUint8(5, unsigned(version, 8, 'version'))
    view.setBigUint64(6, u64(systemId, 'systemId'))
    at = 14
  } else if (version !== 0 || systemId !== 0n) {
    throw new RangeError(`version ${version}, systemId ${systemId}: generation ${generation} holds neither, expected 0`)
  }
  view.setBigUint64(at, u64(streamType, 'streamType'))
  view.setBigUint64(at + 8, BigInt(totalLength))
  view.setBigUint64(at + 16, u64(totalEntries, 'totalEntries'))
  return out
}

/**
 * Decode the header entry at byte `at`, or `undefined` if more bytes are needed. A 29-byte entry counts as generation 2:
 * only its place in the file tells it from generation 1.
 *
 * @throws {FormatError} `BAD_PACKET`, `BAD_LENGTH` (neither 29 nor 38) or `UNSAFE_NUMBER`
 * @see docs/spec/stream-file.md §2
 */
export function decodeHeaderEntry(bytes: Bytes, at = 0): Header | undefined {
  const view = viewOf(bytes)
  const length = readPacketLength(view, at, PacketType.header, 'a header')
  if (length === undefined) return undefined
  if (length !== SHORT_BYTES && length !== LONG_BYTES) {
    throw badLength('header', length, `${SHORT_BYTES} or ${LONG_BYTES}`, at)
  }
  if (view.byteLength - at < length) return undefined
  const long = length === LONG_BYTES
  const rest = at + (long ? 14 : 5)
  return {
    generation: long ? 3 : 2,
    version: long ? view.getUint8(at + 5) : 0,
    systemId: long ? view.getBigUint64(at + 6) : 0n,
    streamType: view.getBigUint64(rest),
    totalLength: readLength(view, rest + 8, 'totalLength'),
    totalEntries: view.getBigUint64(rest + 16),
  }
}

/**
 * Encode the whole 4096-byte header page of a file: the magic, which generation 1 lacks, the header entry, zeros.
 *
 * @throws {RangeError} as {@link encodeHeaderEntry}, or if the magic is not 16 bytes
 * @see docs/spec/stream-file.md §2
 */
export function encodeHeaderPage(header: Header, { magic = defaultMagic() }: MagicOptions = {}): Uint8Array {
  const page = new Uint8Array(HEADER_PAGE_BYTES)
  if (header.generation !== 1) page.set(checkMagic(magic), 0)
  page.set(encodeHeaderEntry(header), headerEntryOffset(header.generation))
  return page
}

/**
 * Detect the generation of a file by its first bytes and decode its header.
 *
 * @param page at least the first 54 bytes of the file
 * @throws {FormatError} `BAD_MAGIC`, `BAD_PACKET`, `BAD_LENGTH`, `UNSAFE_NUMBER`, or `INCOMPLETE` if `page` is too short
 * @throws {RangeError} if the magic is not 16 bytes
 * @see docs/spec/stream-file.md §2
 */
export function decodeHeaderPage(page: Uint8Array, { magic = defaultMagic() }: MagicOptions = {}): Header {
  checkMagic(magic)
  const found = page.subarray(0, MAGIC_BYTES)
  const differs = found.some((byte, i) => byte !== magic[i])
  // A file of generation 1 begins with the packet type of its header entry.
  const bare = differs && found[0] === PacketType.header
  if (differs && !bare) {
    throw new FormatError('BAD_MAGIC', `magic "${decodeAscii(found)}", expected "${decodeAscii(magic)}"`, 0)
  }
  const header = decodeHeaderEntry(page, bare ? 0 : MAGIC_BYTES)
  if (header === undefined) {
    const whole = bare ? SHORT_BYTES : MAGIC_BYTES + LONG_BYTES
    throw new FormatError('INCOMPLETE', `file header of ${page.length} bytes, expected ${whole}`, page.length)
  }
  if (!bare) return header
  if (header.generation === 3) throw badLength('header', LONG_BYTES, `${SHORT_BYTES} in a file without a magic`, 0)
  return { ...header, generation: 1 }
}

function checkMagic(magic: Uint8Array): Uint8Array {
  if (magic.length !== MAGIC_BYTES) throw new RangeError(`a magic of ${magic.length} bytes, expected ${MAGIC_BYTES}`)
  return magic
}

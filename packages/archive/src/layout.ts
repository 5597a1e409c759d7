import { RECORD_HEADER_BYTES, type RecordHeader } from '@datastreamer/e2store'
import { type Header, type HeaderGeneration, viewOf } from '@datastreamer/format'
import { GENERATIONS, type Generation } from '@datastreamer/sequencer-entries'
import { SegmentError, type SegmentStep } from './errors.ts'

/** Types of a segment's records. docs/spec/archive.md §2. */
export const SegmentRecordType = {
  StreamHeader: 0xd500,
  StreamEntries: 0xd501,
  StreamEnd: 0xd502,
  StreamBlocks: 0xd503,
} as const

/** Most bytes of entries in a record, uncompressed: the largest entry fits. */
export const MAX_RUN_BYTES = 1_048_576
/** Most bytes of entries in a record that holds several operations. */
export const RUN_BYTES = 65_536
/** Most blocks in a segment. */
export const MAX_BLOCKS = 131_072
export const DIGEST_BYTES = 32

const LAYOUT = 1
const HEADER_BYTES = 72
export const END_BYTES = 80
/** Where the records with entries begin. */
export const ENTRIES_START: number = 2 * RECORD_HEADER_BYTES + HEADER_BYTES
/** Most bytes of a compressed record: what does not compress is stored in chunks with heads of eight bytes. */
export const MAX_RECORD_BYTES: number = MAX_RUN_BYTES + 1024
/** Bytes of the end record before its checksum. */
const END_CHECKED_BYTES = END_BYTES - DIGEST_BYTES
/** Bytes of the header record that say which stream it is. */
const IDENTITY_BYTES = 24

/** The fields of a header that say which stream it is, whatever it holds. */
export type IdentityFields = Pick<Header, 'generation' | 'version' | 'systemId' | 'streamType'>

/** A point between two entries of a stream. */
export interface StreamPoint {
  /** Number of the next entry. */
  readonly number: bigint
  /** `totalLength` of a stream that ends there. */
  readonly position: number
  /** Over the identity and all entries before it. docs/spec/archive.md §3. */
  readonly digest: Uint8Array
}

export interface SegmentHeader {
  readonly identity: IdentityFields
  /** How entries are encoded; `undefined`: not known, and the segment has no index of blocks. */
  readonly encoding: Generation | undefined
  readonly start: StreamPoint
}

/** The bytes that a stream's first digest is made of: those that a header record begins with, without the encoding. */
export function encodeIdentity({ generation, version, systemId, streamType }: IdentityFields): Uint8Array {
  const out = new Uint8Array(IDENTITY_BYTES)
  const view = viewOf(out)
  view.setUint8(0, LAYOUT)
  view.setUint8(1, generation)
  view.setUint8(2, version)
  view.setBigUint64(8, systemId, true)
  view.setBigUint64(16, streamType, true)
  return out
}

/**
 * Encode the data of a StreamHeader record, little-endian: `layout u8 = 1 | generation u8 | version u8 | encoding u8 |
 * zero 4 | systemId u64 | streamType u64 | first entry u64 | position u64 | digest 32`.
 *
 * @see docs/spec/archive.md §2.1
 */
export function encodeHeader({ identity, encoding, start }: SegmentHeader): Uint8Array {
  const out = new Uint8Array(HEADER_BYTES)
  const view = viewOf(out)
  out.set(encodeIdentity(identity))
  view.setUint8(3, encoding === undefined ? 0 : GENERATIONS.indexOf(encoding) + 1)
  putPoint(out, IDENTITY_BYTES, start)
  return out
}

/**
 * Decode the data of the StreamHeader record that begins at `position` in its file.
 *
 * @throws {SegmentError} `BAD_HEADER`
 * @see docs/spec/archive.md §2.1
 */
export function decodeHeader(data: Uint8Array, position: number): SegmentHeader {
  const bad = (what: string): SegmentError => new SegmentError('BAD_HEADER', what, position, 'open')
  if (data.length !== HEADER_BYTES) throw bad(`stream header of ${data.length} bytes, expected ${HEADER_BYTES}`)
  const view = viewOf(data)
  const layout = view.getUint8(0)
  if (layout !== LAYOUT) throw bad(`segment layout ${layout}, expected ${LAYOUT}`)
  const generation = view.getUint8(1)
  if (!isHeaderGeneration(generation)) throw bad(`header generation ${generation}, expected 1 to 3`)
  const encoded = view.getUint8(3)
  const encoding = GENERATIONS[encoded - 1]
  if (encoded !== 0 && encoding === undefined) {
    throw bad(`encoding ${encoded} of entries, expected 0 to ${GENERATIONS.length}`)
  }
  if (view.getUint32(4) !== 0) throw bad('bytes that are not 0 where they have to be')
  const identity = {
    generation,
    version: view.getUint8(2),
    systemId: view.getBigUint64(8, true),
    streamType: view.getBigUint64(16, true),
  }
  if (generation !== 3 && (identity.version !== 0 || identity.systemId !== 0n)) {
    throw bad(`version and system id in a stream whose header of generation ${generation} has none`)
  }
  return { identity, encoding, start: takePoint(data, IDENTITY_BYTES, position) }
}

/** How a segment ends. */
export interface SegmentEnd {
  readonly point: StreamPoint
  /** SHA-256 of all bytes of the file before it. */
  readonly checksum: Uint8Array
}

/** Encode the data of a StreamEnd record up to its checksum: `next entry u64 | position u64 | digest 32`. */
export function encodeEnd(point: StreamPoint): Uint8Array {
  const out = new Uint8Array(END_CHECKED_BYTES)
  putPoint(out, 0, point)
  return out
}

/** Decode the data, {@link END_BYTES} long, of the StreamEnd record that begins at `position`. @throws {SegmentError} */
export function decodeEnd(data: Uint8Array, position: number): SegmentEnd {
  return { point: takePoint(data, 0, position), checksum: data.slice(END_CHECKED_BYTES) }
}

/** Throw `BAD_RECORD` unless a record is of the type that must stand there. */
export function expectRecord({ type, position }: RecordHeader, wanted: number, step: SegmentStep): void {
  if (type === wanted) return
  const hex = (value: number): string => value.toString(16).padStart(4, '0')
  throw new SegmentError('BAD_RECORD', `record of type ${hex(type)}, expected ${hex(wanted)}`, position, step)
}

function isHeaderGeneration(value: number): value is HeaderGeneration {
  return value >= 1 && value <= 3
}

function putPoint(out: Uint8Array, at: number, { number, position, digest }: StreamPoint): void {
  const view = viewOf(out)
  view.setBigUint64(at, number, true)
  view.setBigUint64(at + 8, BigInt(position), true)
  out.set(digest, at + 16)
}

function takePoint(data: Uint8Array, at: number, position: number): StreamPoint {
  const view = viewOf(data)
  const length = view.getBigUint64(at + 8, true)
  if (length > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new SegmentError('BAD_HEADER', `stream of ${length} bytes, more than a file can have`, position, 'open')
  }
  return {
    number: view.getBigUint64(at, true),
    position: Number(length),
    digest: data.slice(at + 16, at + 16 + DIGEST_BYTES),
  }
}

import { RECORD_HEADER_BYTES } from '@datastreamer/e2store'
import { type HeaderGeneration, viewOf } from '@datastreamer/format'
import { encodeIdentity, IDENTITY_BYTES, type StreamIdentityFields } from '@datastreamer/format/signing'
import { GENERATIONS, type Generation } from '@datastreamer/sequencer-entries'
import { SegmentError } from '../errors.ts'
import { POINT_BYTES, putPoint, type StreamPoint, takePoint } from './point.ts'

/** Which records a segment consists of. docs/spec/archive.md §2, §7. */
export type SegmentLayout = 1 | 2

const HEADER_BYTES: number = IDENTITY_BYTES + POINT_BYTES
/** Where the records with entries begin. */
export const ENTRIES_START: number = 2 * RECORD_HEADER_BYTES + HEADER_BYTES

/** The fields of a header that say which stream it is, whatever it holds. */
export type IdentityFields = StreamIdentityFields

/** Whether two streams are the same by what their headers say of them. */
export function sameIdentity(a: IdentityFields, b: IdentityFields): boolean {
  return (
    a.generation === b.generation &&
    a.version === b.version &&
    a.systemId === b.systemId &&
    a.streamType === b.streamType
  )
}

export interface SegmentHeader {
  readonly layout: SegmentLayout
  readonly identity: IdentityFields
  /** How entries are encoded; `undefined`: not known, and the segment has no index of blocks. */
  readonly encoding: Generation | undefined
  readonly start: StreamPoint
}

/**
 * Encode the data of a StreamHeader record, little-endian: `layout u8 | generation u8 | version u8 | encoding u8 |
 * zero 4 | systemId u64 | streamType u64 | first entry u64 | position u64 | digest 32`.
 *
 * @see docs/spec/archive.md §2.1
 */
export function encodeHeader({ layout, identity, encoding, start }: SegmentHeader): Uint8Array {
  const out = new Uint8Array(HEADER_BYTES)
  out.set(encodeIdentity(identity))
  out[0] = layout
  out[3] = encodingNumber(encoding)
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
  if (layout !== 1 && layout !== 2) throw bad(`segment layout ${layout}, expected 1 or 2`)
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
  return { layout, identity, encoding, start: takePoint(data, IDENTITY_BYTES, position) }
}

/** The number that stands for how entries are encoded. docs/spec/archive.md §2.1 */
export function encodingNumber(encoding: Generation | undefined): number {
  return encoding === undefined ? 0 : GENERATIONS.indexOf(encoding) + 1
}

function isHeaderGeneration(value: number): value is HeaderGeneration {
  return value >= 1 && value <= 3
}

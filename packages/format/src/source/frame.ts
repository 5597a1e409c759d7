import { decodeEntry, type Entry } from '../entry.ts'
import { FormatError } from '../errors.ts'
import { badLength, FRAME_BYTES } from '../framing.ts'
import { decodeHeaderEntry, type Header } from '../header.ts'

/** Version of the source protocol. docs/spec/source-protocol.md §3. */
export const SOURCE_PROTOCOL_VERSION = 1
/** Longest message: it leaves room to read an entry that is too large, refuse it, and keep its position. */
export const MAX_SOURCE_MESSAGE_BYTES = 2_097_152
/** Most bytes of a text for people. */
export const MAX_SOURCE_TEXT_BYTES = 1024

/** The lengths that a message can have, its head included. */
export interface LengthBounds {
  readonly min: number
  readonly max: number
}

/** The bounds of each message, by its type. */
export type BoundsByType = ReadonlyMap<number, LengthBounds>

/**
 * Length of the message at byte `at`, all of which is there, or `undefined` if more bytes are needed. Type and length
 * are checked as soon as their bytes are there.
 *
 * @throws {FormatError} `BAD_PACKET`, `BAD_LENGTH`
 */
export function frameLength(view: DataView, at: number, bounds: BoundsByType): number | undefined {
  const have = view.byteLength - at
  if (have < 1) return undefined
  const type = view.getUint8(at)
  const allowed = bounds.get(type)
  if (allowed === undefined) throw new FormatError('BAD_PACKET', `message type ${type}, expected one of this side`, at)
  if (have < FRAME_BYTES) return undefined
  const length = view.getUint32(at + 1)
  const { min, max } = allowed
  if (length < min || length > max) {
    throw badLength(`message ${type}`, length, min === max ? `${min}` : `${min} to ${max}`, at)
  }
  return have < length ? undefined : length
}

/** The bytes of a view from `from` to `to`, borrowed. */
export function slice(view: DataView, from: number, to: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + from, to - from)
}

/** The header that fills a frame from `at` to `end`. @throws {FormatError} */
export function headerWithin(view: DataView, at: number, end: number): Header {
  return filling(view, at, end, 'header', decodeHeaderEntry)
}

/** The entry that fills a frame from `at` to `end`. @throws {FormatError} */
export function entryWithin(view: DataView, at: number, end: number): Entry {
  return filling(view, at, end, 'entry', decodeEntry)
}

function filling<T>(
  view: DataView,
  at: number,
  end: number,
  what: string,
  decode: (view: DataView) => T | undefined,
): T {
  let decoded: T | undefined
  try {
    decoded = decode(new DataView(view.buffer, view.byteOffset + at, end - at))
  } catch (error) {
    throw error instanceof FormatError ? error.shifted(at) : error
  }
  if (decoded === undefined || view.getUint32(at + 1) !== end - at) {
    throw new FormatError('BAD_LENGTH', `a ${what} of another length than its message, ${end - at} bytes`, at)
  }
  return decoded
}

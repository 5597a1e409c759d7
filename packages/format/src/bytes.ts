import { FormatError } from './errors.ts'

/** Bytes to decode. In a loop over the same bytes a `DataView` of them saves making one for every packet. */
export type Bytes = Uint8Array | DataView

/** A view of the same memory; a view is its own. */
export function viewOf(bytes: Bytes): DataView {
  return bytes instanceof DataView ? bytes : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The parts joined, in fresh memory. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** The names of numbers, by number. */
export function namesByNumber<Name extends string>(numbers: Readonly<Record<Name, number>>): ReadonlyMap<number, Name> {
  return new Map(Object.entries<number>(numbers).map(([name, number]) => [number, name as Name]))
}

/**
 * Read a big-endian u64 that is a byte length or position.
 *
 * @throws {FormatError} `UNSAFE_NUMBER` beyond 2^53 - 1
 */
export function readLength(view: DataView, at: number, what: string): number {
  const high = view.getUint32(at)
  if (high > 0x1f_ffff)
    throw new FormatError('UNSAFE_NUMBER', `${what} ${view.getBigUint64(at)} is beyond 2^53 - 1`, at)
  return high * 0x1_0000_0000 + view.getUint32(at + 4)
}

/** The value, if it is an unsigned integer of so many bits: a view would wrap it silently. */
export function unsigned(value: number, bits: 8 | 32, what: string): number {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits)
    throw new RangeError(`${what} ${value} is no u${bits}`)
  return value
}

/** The value, if it is a u64: a view would wrap it silently. */
export function u64(value: bigint, what: string): bigint {
  if (value < 0n || value > 0xffff_ffff_ffff_ffffn) throw new RangeError(`${what} ${value} is no u64`)
  return value
}

/** The bytes of an ASCII text; anything else becomes `?`. */
export function encodeAscii(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => (char <= '\x7f' ? char.charCodeAt(0) : 0x3f))
}

/** The text of bytes that should be printable ASCII; anything else becomes `?`. */
export function decodeAscii(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '?'
  return text
}

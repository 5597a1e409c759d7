import { FormatError } from './errors.ts'

/** Bytes that every packet begins with: packet type u8, length u32. */
export const FRAME_BYTES = 5

/**
 * Read the `length` field of the packet at byte `at`, or `undefined` if it is not there yet. The type is checked as
 * soon as its byte is there; the length is for the caller to check before the rest is awaited.
 *
 * @throws {FormatError} `BAD_PACKET` if another packet type stands there
 */
export function readPacketLength(view: DataView, at: number, packet: number, what: string): number | undefined {
  const have = view.byteLength - at
  if (have < 1) return undefined
  const found = view.getUint8(at)
  if (found !== packet) throw new FormatError('BAD_PACKET', `packet type ${found}, expected ${what} (${packet})`, at)
  return have < FRAME_BYTES ? undefined : view.getUint32(at + 1)
}

/** The error for a packet at byte `at` whose length field holds what it cannot. */
export function badLength(what: string, length: number, expected: string, at: number): FormatError {
  return new FormatError('BAD_LENGTH', `${what} length ${length}, expected ${expected}`, at + 1)
}

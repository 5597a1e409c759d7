import { type Bytes, u64, unsigned, viewOf } from './bytes.ts'
import { ENTRY_HEAD_BYTES, MAX_ENTRY_BYTES, MAX_ENTRY_DATA_BYTES, NOT_FOUND_TYPE, PacketType } from './constants.ts'
import { FormatError } from './errors.ts'
import { badLength, readPacketLength } from './framing.ts'

/** One record of the stream. docs/spec/stream-file.md §3. */
export interface Entry {
  /** u32: 0xb0 for a bookmark, otherwise the application's event type. */
  readonly type: number
  /** u64: position in the stream, from 0, without gaps. */
  readonly number: bigint
  readonly data: Uint8Array
}

/** Packets that have the layout of an entry: one of the stream, or the answer to a query. */
export type EntryPacketType = typeof PacketType.entry | typeof PacketType.response

/**
 * Encode one entry into `17 + data.length` fresh bytes.
 *
 * @throws {RangeError} if the entry would not fit into a page, or a field does not fit
 * @see docs/spec/stream-file.md §3
 */
export function encodeEntry(entry: Entry, packet: EntryPacketType = PacketType.entry): Uint8Array {
  const { type, number, data } = entry
  if (data.length > MAX_ENTRY_DATA_BYTES) {
    throw new RangeError(`entry ${number} has ${data.length} bytes of data, the limit is ${MAX_ENTRY_DATA_BYTES}`)
  }
  const out = new Uint8Array(ENTRY_HEAD_BYTES + data.length)
  const view = viewOf(out)
  view.setUint8(0, packet)
  view.setUint32(1, out.length)
  view.setUint32(5, unsigned(type, 32, 'entry type'))
  view.setBigUint64(9, u64(number, 'entry number'))
  out.set(data, ENTRY_HEAD_BYTES)
  return out
}

/**
 * Decode the entry at byte `at`, or `undefined` if more bytes are needed.
 *
 * Big-endian `packet u8 | length u32 | type u32 | number u64 | data`; `length` counts the whole entry. `data` borrows
 * the bytes' memory: copy it to keep it beyond the buffer.
 *
 * @param packet the packet type that must stand here: 2, or 0xfe for the answer to a query
 * @param maxBytes largest `length` allowed
 * @throws {FormatError} `BAD_PACKET` or `BAD_LENGTH`, before any body is awaited
 * @see docs/spec/stream-file.md §3
 */
export function decodeEntry(
  bytes: Bytes,
  at = 0,
  packet: EntryPacketType = PacketType.entry,
  maxBytes: number = MAX_ENTRY_BYTES,
): Entry | undefined {
  const view = viewOf(bytes)
  const length = readPacketLength(view, at, packet, 'an entry')
  if (length === undefined) return undefined
  if (length < ENTRY_HEAD_BYTES || length > maxBytes) {
    throw badLength('entry', length, `${ENTRY_HEAD_BYTES} to ${maxBytes}`, at)
  }
  if (view.byteLength - at < length) return undefined
  return {
    type: view.getUint32(at + 5),
    number: view.getBigUint64(at + 9),
    data: new Uint8Array(view.buffer, view.byteOffset + at + ENTRY_HEAD_BYTES, length - ENTRY_HEAD_BYTES),
  }
}

/**
 * Decode a run: whole entries one after another, as they lie in a page or arrive. Their data borrows the run's memory.
 *
 * @throws {FormatError} `BAD_PACKET`, `BAD_LENGTH`, or `INCOMPLETE` if the bytes end inside an entry
 * @see docs/spec/stream-file.md §3
 */
export function decodeEntries(run: Bytes): Entry[] {
  const view = viewOf(run)
  const entries: Entry[] = []
  for (let at = 0; at < view.byteLength; ) {
    const entry = decodeEntry(view, at)
    if (entry === undefined) throw new FormatError('INCOMPLETE', 'the bytes end inside an entry', at)
    entries.push(entry)
    at += ENTRY_HEAD_BYTES + entry.data.length
  }
  return entries
}

/** Whether two entries are the same: type, number and every byte. */
export function sameEntry(a: Entry, b: Entry): boolean {
  if (a.type !== b.type || a.number !== b.number || a.data.length !== b.data.length) return false
  return a.data.every((byte, i) => byte === b.data[i])
}

/** The entry that answers a query for something that is not there: type 0xffffffff, number 0, no data. */
export const NOT_FOUND_ENTRY: Entry = Object.freeze({ type: NOT_FOUND_TYPE, number: 0n, data: new Uint8Array(0) })

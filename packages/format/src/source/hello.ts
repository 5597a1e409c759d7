import { decodeAscii, encodeAscii, u64 } from '../bytes.ts'
import { FormatError } from '../errors.ts'
import { type LengthBounds, SOURCE_PROTOCOL_VERSION, slice } from './frame.ts'

/** Who a source is, and where it believes the stream to stand. docs/spec/source-protocol.md §3. */
export interface SourceHello {
  /** u64. */
  readonly streamType: bigint
  /** Number of the first entry that the source does not know to be in the stream; `undefined` if it knows nothing. */
  readonly nextEntry: bigint | undefined
  /** 1 to 64 printable ASCII characters. Another source client with the same id takes over. */
  readonly sourceId: string
  /** At most 1024 bytes; empty if there is none. */
  readonly token: Uint8Array
}

/** The hello of a version that is not ours: nothing else of it is known. */
export interface OtherHello {
  readonly name: 'otherHello'
  /** u16. */
  readonly version: number
}

const MAX_ID_BYTES = 64
const MAX_TOKEN_BYTES = 1024
/** Bytes of all fields but source id and token. */
const FIXED_BYTES = 26
const AT_ID_LENGTH = 23
const AT_ID = 24
/** In place of `nextEntry` when the source knows nothing. */
const NO_ENTRY = 0xffff_ffff_ffff_ffffn

/** Only type, length and version are sure to be there. */
export const HELLO_BOUNDS: LengthBounds = { min: 7, max: FIXED_BYTES + MAX_ID_BYTES + MAX_TOKEN_BYTES }

export function helloBytes({ sourceId, token }: SourceHello): number {
  return FIXED_BYTES + sourceId.length + token.length
}

/** Write the fields of a hello after its head at byte `at`. @throws {RangeError} */
export function writeHello(hello: SourceHello, out: Uint8Array, view: DataView, at: number): void {
  const { streamType, nextEntry = NO_ENTRY, sourceId, token } = hello
  if (!/^[\x20-\x7e]{1,64}$/.test(sourceId)) {
    throw new RangeError(`source id "${sourceId}", expected 1 to ${MAX_ID_BYTES} printable ASCII characters`)
  }
  if (token.length > MAX_TOKEN_BYTES) {
    throw new RangeError(`a token of ${token.length} bytes, the limit is ${MAX_TOKEN_BYTES}`)
  }
  view.setUint16(at + 5, SOURCE_PROTOCOL_VERSION)
  view.setBigUint64(at + 7, u64(streamType, 'stream type'))
  view.setBigUint64(at + 15, u64(nextEntry, 'next entry'))
  view.setUint8(at + AT_ID_LENGTH, sourceId.length)
  out.set(encodeAscii(sourceId), at + AT_ID)
  const idEnd = at + AT_ID + sourceId.length
  view.setUint16(idEnd, token.length)
  out.set(token, idEnd + 2)
}

/** Read a hello that lies from byte `at` to `end`. @throws {FormatError} */
export function readHello(
  view: DataView,
  at: number,
  end: number,
): ({ readonly name: 'hello' } & SourceHello) | OtherHello {
  const version = view.getUint16(at + 5)
  if (version !== SOURCE_PROTOCOL_VERSION) return { name: 'otherHello', version }
  const most = Math.min(MAX_ID_BYTES, end - at - FIXED_BYTES)
  if (most < 1) {
    throw new FormatError('BAD_LENGTH', `hello of ${end - at} bytes, expected at least ${FIXED_BYTES + 1}`, at + 1)
  }
  const idBytes = view.getUint8(at + AT_ID_LENGTH)
  if (idBytes < 1 || idBytes > most) {
    throw new FormatError('BAD_LENGTH', `source id length ${idBytes}, expected 1 to ${most}`, at + AT_ID_LENGTH)
  }
  const idEnd = at + AT_ID + idBytes
  const id = slice(view, at + AT_ID, idEnd)
  const bad = id.findIndex((byte) => byte < 0x20 || byte > 0x7e)
  if (bad >= 0) {
    throw new FormatError('BAD_PACKET', `byte ${id[bad]} in a source id, expected printable ASCII`, at + AT_ID + bad)
  }
  const tokenBytes = view.getUint16(idEnd)
  const left = end - idEnd - 2
  if (tokenBytes !== left || left > MAX_TOKEN_BYTES) {
    const expected = Math.min(left, MAX_TOKEN_BYTES)
    throw new FormatError('BAD_LENGTH', `token length ${tokenBytes}, expected ${expected}`, idEnd)
  }
  const nextEntry = view.getBigUint64(at + 15)
  return {
    name: 'hello',
    streamType: view.getBigUint64(at + 7),
    nextEntry: nextEntry === NO_ENTRY ? undefined : nextEntry,
    sourceId: decodeAscii(id),
    token: slice(view, idEnd + 2, end),
  }
}

import { type Bytes, u64, unsigned, viewOf } from '../bytes.ts'
import { MAX_BOOKMARK_BYTES } from '../constants.ts'
import { FRAME_BYTES } from '../framing.ts'
import { type BoundsByType, frameLength, type LengthBounds, MAX_SOURCE_MESSAGE_BYTES, slice } from './frame.ts'
import { HELLO_BOUNDS, helloBytes, type OtherHello, readHello, type SourceHello, writeHello } from './hello.ts'

/** What a source of this version can send. docs/spec/source-protocol.md §4 to §6. */
export type SourceRequest =
  | ({ readonly name: 'hello' } & SourceHello)
  | { readonly name: 'startAtomicOp'; readonly firstEntry: bigint }
  | { readonly name: 'addStreamEntry'; readonly type: number; readonly data: Uint8Array }
  | { readonly name: 'addStreamBookmark'; readonly bookmark: Uint8Array }
  | { readonly name: 'commitAtomicOp' | 'rollbackAtomicOp' | 'ping' }
  | { readonly name: 'updateEntryData'; readonly number: bigint; readonly type: number; readonly data: Uint8Array }
  | { readonly name: 'truncateFile'; readonly number: bigint; readonly totalEntries: bigint }
  | { readonly name: 'getHeader' }
  | { readonly name: 'getEntry'; readonly number: bigint }
  | { readonly name: 'getBookmark' | 'getFirstEventAfterBookmark'; readonly bookmark: Uint8Array }

/** First byte of each message of a source. */
export const SourceRequestType = {
  hello: 0x01,
  startAtomicOp: 0x02,
  addStreamEntry: 0x03,
  addStreamBookmark: 0x04,
  commitAtomicOp: 0x05,
  rollbackAtomicOp: 0x06,
  updateEntryData: 0x07,
  truncateFile: 0x08,
  getHeader: 0x09,
  getEntry: 0x0a,
  getBookmark: 0x0b,
  getFirstEventAfterBookmark: 0x0c,
  ping: 0x7f,
} as const

const EMPTY: LengthBounds = { min: FRAME_BYTES, max: FRAME_BYTES }
const ONE_U64: LengthBounds = { min: 13, max: 13 }
/** A bookmark that is too long is read, to be refused; see `MAX_SOURCE_MESSAGE_BYTES`. */
const BOOKMARK: LengthBounds = { min: FRAME_BYTES, max: FRAME_BYTES + 1024 }
const ENTRY: LengthBounds = { min: 9, max: MAX_SOURCE_MESSAGE_BYTES }
/** The lengths that the messages of an entry and of a bookmark can have. */
export const ADDITION_BOUNDS: Readonly<Record<'entry' | 'bookmark', LengthBounds>> = {
  entry: ENTRY,
  bookmark: BOOKMARK,
}

const T = SourceRequestType
const BOUNDS: BoundsByType = new Map([
  [T.hello, HELLO_BOUNDS],
  [T.startAtomicOp, ONE_U64],
  [T.addStreamEntry, ENTRY],
  [T.addStreamBookmark, BOOKMARK],
  [T.commitAtomicOp, EMPTY],
  [T.rollbackAtomicOp, EMPTY],
  [T.updateEntryData, { min: 17, max: MAX_SOURCE_MESSAGE_BYTES }],
  [T.truncateFile, { min: 21, max: 21 }],
  [T.getHeader, EMPTY],
  [T.getEntry, ONE_U64],
  [T.getBookmark, BOOKMARK],
  [T.getFirstEventAfterBookmark, BOOKMARK],
  [T.ping, EMPTY],
])

/** Bytes that a request takes. */
export function sourceRequestBytes(request: SourceRequest): number {
  switch (request.name) {
    case 'hello':
      return helloBytes(request)
    case 'startAtomicOp':
    case 'getEntry':
      return 13
    case 'addStreamEntry':
      return 9 + request.data.length
    case 'updateEntryData':
      return 17 + request.data.length
    case 'truncateFile':
      return 21
    case 'addStreamBookmark':
    case 'getBookmark':
    case 'getFirstEventAfterBookmark':
      return FRAME_BYTES + request.bookmark.length
    default:
      return FRAME_BYTES
  }
}

/**
 * Write a request to `out`, from byte `at` on: big-endian `type u8 | length u32 | fields`, `length` counting all. Returns
 * the position after it.
 *
 * @param view of the same memory as `out`
 * @throws {RangeError} if a field does not fit, a bookmark that is to be added is not of 1 to 16 bytes, the source id is
 * not of 1 to 64 printable ASCII characters, or there is not enough room
 * @see docs/spec/source-protocol.md §3 to §6
 */
export function writeSourceRequest(request: SourceRequest, out: Uint8Array, view: DataView, at: number): number {
  const length = sourceRequestBytes(request)
  const type = SourceRequestType[request.name]
  const { max } = BOUNDS.get(type) ?? EMPTY
  if (length > max) throw new RangeError(`a ${request.name} message of ${length} bytes, the limit is ${max}`)
  view.setUint8(at, type)
  view.setUint32(at + 1, length)
  switch (request.name) {
    case 'hello':
      writeHello(request, out, view, at)
      break
    case 'startAtomicOp':
      view.setBigUint64(at + 5, u64(request.firstEntry, 'first entry'))
      break
    case 'addStreamEntry':
      view.setUint32(at + 5, unsigned(request.type, 32, 'entry type'))
      out.set(request.data, at + 9)
      break
    case 'addStreamBookmark':
    case 'getBookmark':
    case 'getFirstEventAfterBookmark':
      checkBookmark(request.bookmark)
      out.set(request.bookmark, at + 5)
      break
    case 'updateEntryData':
      view.setBigUint64(at + 5, u64(request.number, 'entry number'))
      view.setUint32(at + 13, unsigned(request.type, 32, 'entry type'))
      out.set(request.data, at + 17)
      break
    case 'truncateFile':
      view.setBigUint64(at + 5, u64(request.number, 'entry number'))
      view.setBigUint64(at + 13, u64(request.totalEntries, 'total entries'))
      break
    case 'getEntry':
      view.setBigUint64(at + 5, u64(request.number, 'entry number'))
      break
  }
  return at + length
}

/** Encode a request into fresh bytes. @throws {RangeError} as {@link writeSourceRequest} */
export function encodeSourceRequest(request: SourceRequest): Uint8Array {
  const out = new Uint8Array(sourceRequestBytes(request))
  writeSourceRequest(request, out, viewOf(out), 0)
  return out
}

/**
 * Decode the request at byte `at`, or `undefined` if more bytes are needed. Data, bookmarks and token borrow the bytes'
 * memory. What they hold is not checked: a server refuses what it cannot take, and goes on after it.
 *
 * @throws {FormatError} `BAD_PACKET` (no request, or a source id that is not printable) or `BAD_LENGTH`
 * @see docs/spec/source-protocol.md §3 to §6
 */
export function decodeSourceRequest(bytes: Bytes, at = 0): SourceRequest | OtherHello | undefined {
  const view = viewOf(bytes)
  const length = frameLength(view, at, BOUNDS)
  if (length === undefined) return undefined
  const end = at + length
  switch (view.getUint8(at)) {
    case T.hello:
      return readHello(view, at, end)
    case T.startAtomicOp:
      return { name: 'startAtomicOp', firstEntry: view.getBigUint64(at + 5) }
    case T.addStreamEntry:
      return { name: 'addStreamEntry', type: view.getUint32(at + 5), data: slice(view, at + 9, end) }
    case T.addStreamBookmark:
      return { name: 'addStreamBookmark', bookmark: slice(view, at + 5, end) }
    case T.commitAtomicOp:
      return { name: 'commitAtomicOp' }
    case T.rollbackAtomicOp:
      return { name: 'rollbackAtomicOp' }
    case T.updateEntryData: {
      const number = view.getBigUint64(at + 5)
      return { name: 'updateEntryData', number, type: view.getUint32(at + 13), data: slice(view, at + 17, end) }
    }
    case T.truncateFile:
      return { name: 'truncateFile', number: view.getBigUint64(at + 5), totalEntries: view.getBigUint64(at + 13) }
    case T.getHeader:
      return { name: 'getHeader' }
    case T.getEntry:
      return { name: 'getEntry', number: view.getBigUint64(at + 5) }
    case T.getBookmark:
      return { name: 'getBookmark', bookmark: slice(view, at + 5, end) }
    case T.getFirstEventAfterBookmark:
      return { name: 'getFirstEventAfterBookmark', bookmark: slice(view, at + 5, end) }
    default:
      return { name: 'ping' }
  }
}

function checkBookmark({ length }: Uint8Array): void {
  if (length < 1 || length > MAX_BOOKMARK_BYTES) {
    throw new RangeError(`a bookmark of ${length} bytes, expected 1 to ${MAX_BOOKMARK_BYTES}`)
  }
}

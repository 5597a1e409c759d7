import { namesByNumber, u64, viewOf } from './bytes.ts'
import { MAX_BOOKMARK_BYTES } from './constants.ts'
import { decodeEntryTypes, encodeEntryTypes, MAX_ENTRY_TYPES } from './entry-types.ts'
import { FormatError } from './errors.ts'

/** What a client can ask for, and the number that says so. docs/spec/protocol.md §3. */
export const CommandNumber = {
  start: 1,
  stop: 2,
  header: 3,
  startBookmark: 4,
  entry: 5,
  bookmark: 6,
  rangeBookmark: 7,
  /** Extension: send operation boundaries among the entries that are streamed. docs/spec/protocol.md §7. */
  operationBoundaries: 100,
  /** Extension: send what is streamed in a compressed form, where that is shorter. docs/spec/protocol.md §10. */
  compression: 101,
  /** Extension: whether the server knows `entryTypes`. docs/spec/protocol.md §11. */
  filters: 102,
  /** Extension: stream entries of some types only. docs/spec/protocol.md §11. */
  entryTypes: 103,
  /** Extension: send running digests and signatures among the entries that are streamed. docs/spec/protocol.md §12. */
  signatures: 104,
  /** Extension: who vouches for the entries up to an entry. docs/spec/protocol.md §12. */
  signatureAfter: 105,
} as const

export type CommandName = keyof typeof CommandNumber

/** What a connection may ask for beyond the protocol of the Go server, while stopped, by the command that turns it on. */
export type ExtensionName = 'operationBoundaries' | 'compression' | 'entryTypes' | 'signatures'

/** A command without the stream type, which is the same for all of a connection. */
export type Command =
  | { readonly name: 'start'; readonly fromEntryNumber: bigint }
  | { readonly name: 'startBookmark'; readonly bookmark: Uint8Array }
  | { readonly name: 'stop' }
  | { readonly name: 'header' }
  | { readonly name: 'entry' | 'signatureAfter'; readonly entryNumber: bigint }
  | { readonly name: 'bookmark'; readonly bookmark: Uint8Array }
  | { readonly name: 'rangeBookmark'; readonly from: Uint8Array; readonly to: Uint8Array }
  | { readonly name: 'operationBoundaries' | 'compression' | 'signatures' }
  /** Whether the server knows `entryTypes`. */
  | { readonly name: 'filters' }
  /** At most 64; none: entries of all types again. */
  | { readonly name: 'entryTypes'; readonly types: readonly number[] }

/** A command that turns an extension on. docs/spec/protocol.md §7, §10, §11, §12. */
export type ExtensionCommand = Extract<Command, { readonly name: ExtensionName }>

/** A command and the number of bytes that it took. */
export interface DecodedCommand {
  readonly command: Command
  readonly bytes: number
}

/** Command number and stream type. */
const HEAD_BYTES = 16
/** Longest command: 64 entry types. */
export const MAX_COMMAND_BYTES: number = HEAD_BYTES + 2 + 4 * MAX_ENTRY_TYPES

const NAMES = namesByNumber(CommandNumber)

/**
 * Encode a command.
 *
 * Big-endian `command u64 | streamType u64`, then by command an entry number u64, a bookmark (`length u32 | bytes`) or two,
 * or entry types (`count u16 | types u32`).
 *
 * @throws {RangeError} if a bookmark is empty or longer than 16 bytes, there are too many types, or a number does not fit
 * @see docs/spec/protocol.md §3
 */
export function encodeCommand(command: Command, streamType: bigint): Uint8Array {
  const out = new Uint8Array(MAX_COMMAND_BYTES)
  const view = viewOf(out)
  view.setBigUint64(0, BigInt(CommandNumber[command.name]))
  view.setBigUint64(8, u64(streamType, 'stream type'))
  let at = HEAD_BYTES
  const put = (bookmark: Uint8Array): void => {
    if (bookmark.length < 1 || bookmark.length > MAX_BOOKMARK_BYTES) {
      throw new RangeError(`a bookmark of ${bookmark.length} bytes, expected 1 to ${MAX_BOOKMARK_BYTES}`)
    }
    view.setUint32(at, bookmark.length)
    out.set(bookmark, at + 4)
    at += 4 + bookmark.length
  }
  switch (command.name) {
    case 'start':
      view.setBigUint64(at, u64(command.fromEntryNumber, 'entry number'))
      at += 8
      break
    case 'entry':
    case 'signatureAfter':
      view.setBigUint64(at, u64(command.entryNumber, 'entry number'))
      at += 8
      break
    case 'startBookmark':
    case 'bookmark':
      put(command.bookmark)
      break
    case 'rangeBookmark':
      put(command.from)
      put(command.to)
      break
    case 'entryTypes': {
      const types = encodeEntryTypes(command.types)
      out.set(types, at)
      at += types.length
      break
    }
    case 'stop':
    case 'header':
    case 'operationBoundaries':
    case 'compression':
    case 'filters':
    case 'signatures':
      break
  }
  return out.slice(0, at)
}

/**
 * Decode the command that the bytes begin with, or `undefined` if more are needed. Bookmarks are copies.
 *
 * @param streamType the only stream type that is served
 * @throws {FormatError} `WRONG_STREAM_TYPE`, `UNKNOWN_COMMAND`, `BAD_BOOKMARK` or `BAD_COUNT`: what follows cannot be parsed
 * @see docs/spec/protocol.md §3
 */
export function decodeCommand(bytes: Uint8Array, streamType: bigint): DecodedCommand | undefined {
  if (bytes.length < HEAD_BYTES) return undefined
  const view = viewOf(bytes)
  const type = view.getBigUint64(8)
  if (type !== streamType) {
    throw new FormatError('WRONG_STREAM_TYPE', `stream type ${type}, expected ${streamType}`, 8)
  }
  const number = view.getBigUint64(0)
  const name = NAMES.get(Number(number))
  switch (name) {
    case undefined:
      throw new FormatError('UNKNOWN_COMMAND', `command ${number}`, 0)
    case 'stop':
    case 'header':
    case 'operationBoundaries':
    case 'compression':
    case 'filters':
    case 'signatures':
      return { command: { name }, bytes: HEAD_BYTES }
    case 'start':
      if (bytes.length < HEAD_BYTES + 8) return undefined
      return { command: { name, fromEntryNumber: view.getBigUint64(HEAD_BYTES) }, bytes: HEAD_BYTES + 8 }
    case 'entry':
    case 'signatureAfter':
      if (bytes.length < HEAD_BYTES + 8) return undefined
      return { command: { name, entryNumber: view.getBigUint64(HEAD_BYTES) }, bytes: HEAD_BYTES + 8 }
    case 'startBookmark':
    case 'bookmark': {
      const bookmark = takeBookmark(bytes, HEAD_BYTES)
      if (bookmark === undefined) return undefined
      return { command: { name, bookmark }, bytes: HEAD_BYTES + 4 + bookmark.length }
    }
    case 'entryTypes': {
      const types = decodeEntryTypes(bytes, HEAD_BYTES)
      return types && { command: { name, types }, bytes: HEAD_BYTES + 2 + 4 * types.length }
    }
    case 'rangeBookmark': {
      const from = takeBookmark(bytes, HEAD_BYTES)
      if (from === undefined) return undefined
      const at = HEAD_BYTES + 4 + from.length
      const to = takeBookmark(bytes, at)
      if (to === undefined) return undefined
      return { command: { name, from, to }, bytes: at + 4 + to.length }
    }
  }
}

/** The length is checked as soon as it is there, before the bookmark is awaited. */
function takeBookmark(bytes: Uint8Array, at: number): Uint8Array | undefined {
  if (bytes.length < at + 4) return undefined
  const length = viewOf(bytes).getUint32(at)
  if (length < 1 || length > MAX_BOOKMARK_BYTES) {
    throw new FormatError('BAD_BOOKMARK', `bookmark length ${length}, expected 1 to ${MAX_BOOKMARK_BYTES}`, at)
  }
  if (bytes.length < at + 4 + length) return undefined
  return bytes.slice(at + 4, at + 4 + length)
}

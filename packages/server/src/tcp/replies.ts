import {
  type Command,
  concatBytes,
  type Entry,
  type ExtensionCommand,
  type ExtensionName,
  encodeEntry,
  encodeHeaderEntry,
  encodeRunningDigest,
  NOT_FOUND_ENTRY,
  PacketType,
  ResultCode,
  viewOf,
} from '@datastreamer/format'
import { firstEventAfter, type LogPosition, type ReadableLog } from '@datastreamer/store/log'
import type { ConnectionContext } from './server-options.ts'
import { packetsOf } from './signed-packets.ts'

/** What a client gets for a command. */
export type Reply =
  /** Send an OK, and the body if there is one. */
  | { readonly t: 'found'; readonly body?: Uint8Array | undefined }
  | { readonly t: 'refused'; readonly code: ResultCode }
  /** Send an OK, the body, and entries from a position on, up to the one before `end` if there is an end. */
  | {
      readonly t: 'stream'
      readonly from: LogPosition
      readonly end?: number | undefined
      readonly body?: Uint8Array | undefined
      /** The progress or running digest that a stream begins with. */
      readonly opening?: Uint8Array | undefined
    }
  /** Send an OK, and whatever the extension is for from now on. */
  | { readonly t: 'extension'; readonly command: ExtensionCommand }

/** A command that a stopped connection may be sent. */
export type Query = Exclude<Command, { readonly name: 'stop' }>

type Lookup = Exclude<Query, { readonly name: 'header' | 'filters' | ExtensionName }>

/** What a reply is looked up in. */
export type LookedUp = Pick<ConnectionContext, 'log' | 'findBookmark' | 'signatures'>

/**
 * What a command asks for: at once, if nothing has to be looked up. docs/spec/protocol.md §3.
 *
 * @throws what reading the log or the index throws, as a rejection
 */
export function replyTo(query: Query, stream: LookedUp): Reply | Promise<Reply> {
  switch (query.name) {
    case 'header':
      return found(encodeHeaderEntry(stream.log.header))
    case 'operationBoundaries':
    case 'compression':
    case 'entryTypes':
    case 'signatures':
      return { t: 'extension', command: query }
    case 'filters':
      return { t: 'found' }
    case 'start':
      return startInMemory(query.fromEntryNumber, stream) ?? lookUp(query, stream)
    default:
      return lookUp(query, stream)
  }
}

/** A stream of the newest entries. */
function startInMemory(number: bigint, { log }: LookedUp): Reply | undefined {
  const from = number <= log.header.totalEntries ? log.locateInMemory(Number(number)) : undefined
  return from && { t: 'stream', from }
}

async function lookUp(query: Lookup, stream: LookedUp): Promise<Reply> {
  const { log, findBookmark } = stream
  switch (query.name) {
    case 'entry':
      return found(encodeResponse(await log.entry(query.entryNumber)))
    case 'bookmark': {
      const number = await findBookmark(query.bookmark)
      return found(encodeResponse(number === undefined ? undefined : await firstEventAfter(log, number)))
    }
    case 'signatureAfter':
      return found(await signaturesAfter(query.entryNumber, stream))
    case 'start': {
      const from = await locate(log, query.fromEntryNumber)
      return from === undefined ? refused(ResultCode.BAD_FROM_ENTRY) : { t: 'stream', from }
    }
    case 'startBookmark': {
      const from = await locateBookmark(stream, query.bookmark)
      return from === undefined ? refused(ResultCode.BAD_FROM_BOOKMARK) : { t: 'stream', from }
    }
    case 'rangeBookmark': {
      const from = await locateBookmark(stream, query.from)
      if (from === undefined) return refused(ResultCode.BAD_FROM_BOOKMARK)
      const to = await findBookmark(query.to)
      if (to === undefined || to < BigInt(from.number)) return refused(ResultCode.BAD_TO_BOOKMARK)
      return { t: 'stream', from, end: Number(to) + 1, body: encodeRangeEnd(to) }
    }
  }
}

/** A packet for each signature of a point, then one without. docs/spec/protocol.md §12. */
async function signaturesAfter(number: bigint, { log, signatures }: LookedUp): Promise<Uint8Array> {
  const isThere = number < log.header.totalEntries
  const point = isThere ? await signatures?.after(Number(number)) : undefined
  const { number: next = 0, digest = new Uint8Array(32) } = point ?? {}
  const last = encodeRunningDigest({ nextEntry: BigInt(next), runningDigest: digest })
  return concatBytes([...(point === undefined ? [] : packetsOf(point)), last])
}

function found(body: Uint8Array): Reply {
  return { t: 'found', body }
}

function refused(code: ResultCode): Reply {
  return { t: 'refused', code }
}

function encodeResponse(entry: Entry | undefined): Uint8Array {
  return encodeEntry(entry ?? NOT_FOUND_ENTRY, PacketType.response)
}

/** The bare u64 after the result of a range. */
function encodeRangeEnd(number: bigint): Uint8Array {
  const out = new Uint8Array(8)
  viewOf(out).setBigUint64(0, number)
  return out
}

async function locateBookmark({ log, findBookmark }: LookedUp, key: Uint8Array): Promise<LogPosition | undefined> {
  const number = await findBookmark(key)
  return number === undefined ? undefined : locate(log, number)
}

/** Where an entry begins, or `undefined` if it lies after the commit point, which a truncation may have moved back. */
async function locate(log: ReadableLog, number: bigint): Promise<LogPosition | undefined> {
  if (number > log.header.totalEntries) return undefined
  try {
    return await log.locate(Number(number))
  } catch (error) {
    if (number > log.header.totalEntries) return undefined
    throw error
  }
}

/** The result for bytes that are no command, if they are answered at all. docs/spec/protocol.md §6. */
export function resultOfFault(code: string): ResultCode | undefined {
  if (code === 'UNKNOWN_COMMAND') return ResultCode.INVALID_COMMAND
  return code === 'BAD_BOOKMARK' ? ResultCode.BAD_FROM_BOOKMARK : undefined
}

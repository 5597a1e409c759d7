import { type Bytes, decodeAscii, encodeAscii, u64, unsigned, viewOf } from '../bytes.ts'
import { MAX_ENTRY_BYTES } from '../constants.ts'
import { type Entry, encodeEntry } from '../entry.ts'
import { badLength, FRAME_BYTES } from '../framing.ts'
import { encodeHeaderEntry, type Header } from '../header.ts'
import {
  type BoundsByType,
  entryWithin,
  frameLength,
  headerWithin,
  type LengthBounds,
  MAX_SOURCE_TEXT_BYTES,
  slice,
} from './frame.ts'
import type { CommitResult } from './stream-writer.ts'

/** Why the server does not do what it was asked for, or goes away. docs/spec/source-protocol.md §8. */
export interface SourceFault {
  /** u16; see `SourceCode`. */
  readonly code: number
  /** Entries in the stream when this was sent: the number of the next one. */
  readonly totalEntries: bigint
  /** For people: ASCII. */
  readonly text: string
}

/** What a server can send to a source. docs/spec/source-protocol.md §3 to §7. */
export type SourceAnswer =
  | {
      readonly name: 'welcome'
      /** Milliseconds without traffic after which either side gives the other up; 0 is never. */
      readonly idleTimeoutMs: number
      /** SHA-256 of the last entry, as it lies in the file; zeros if there is none. */
      readonly digest: Uint8Array
      readonly header: Header
    }
  | { readonly name: 'done' | 'ping' }
  | ({ readonly name: 'committed' } & CommitResult)
  | { readonly name: 'header'; readonly header: Header }
  | { readonly name: 'entry'; readonly entry: Entry | undefined }
  | { readonly name: 'bookmark'; readonly number: bigint | undefined }
  | ({ readonly name: 'refused' | 'closing' } & SourceFault)

/** First byte of each message of a server. */
export const SourceAnswerType = {
  ping: 0x7f,
  welcome: 0x81,
  done: 0x82,
  committed: 0x83,
  header: 0x84,
  entry: 0x85,
  bookmark: 0x86,
  refused: 0x8e,
  closing: 0x8f,
} as const

/** Bytes of the digest of an entry. */
export const SOURCE_DIGEST_BYTES = 32
const WELCOME_HEAD_BYTES = 9 + SOURCE_DIGEST_BYTES
const FAULT_HEAD_BYTES = 15
const COMMITTED_BYTES = 21
const EMPTY: LengthBounds = { min: FRAME_BYTES, max: FRAME_BYTES }
const FAULT: LengthBounds = { min: FAULT_HEAD_BYTES, max: FAULT_HEAD_BYTES + MAX_SOURCE_TEXT_BYTES }

const T = SourceAnswerType
const BOUNDS: BoundsByType = new Map([
  [T.ping, EMPTY],
  [T.welcome, { min: WELCOME_HEAD_BYTES + 29, max: WELCOME_HEAD_BYTES + 38 }],
  [T.done, EMPTY],
  [T.committed, { min: COMMITTED_BYTES, max: COMMITTED_BYTES }],
  [T.header, { min: FRAME_BYTES + 29, max: FRAME_BYTES + 38 }],
  [T.entry, { min: FRAME_BYTES, max: FRAME_BYTES + MAX_ENTRY_BYTES }],
  [T.bookmark, { min: FRAME_BYTES, max: 13 }],
  [T.refused, FAULT],
  [T.closing, FAULT],
])

/**
 * Encode an answer: big-endian `type u8 | length u32 | fields`, `length` counting all. A text that is too long is shortened.
 *
 * @throws {RangeError} if a field does not fit
 * @see docs/spec/source-protocol.md §3 to §8
 */
export function encodeSourceAnswer(answer: SourceAnswer): Uint8Array {
  const { name } = answer
  switch (name) {
    case 'welcome': {
      const header = encodeHeaderEntry(answer.header)
      const [out, view] = frame(name, WELCOME_HEAD_BYTES + header.length)
      if (answer.digest.length !== SOURCE_DIGEST_BYTES) {
        throw new RangeError(`a digest of ${answer.digest.length} bytes, expected ${SOURCE_DIGEST_BYTES}`)
      }
      view.setUint32(5, unsigned(answer.idleTimeoutMs, 32, 'idle timeout'))
      out.set(answer.digest, 9)
      out.set(header, WELCOME_HEAD_BYTES)
      return out
    }
    case 'committed':
      return encodeCommittedAnswers([answer])
    case 'header':
      return framed(name, encodeHeaderEntry(answer.header))
    case 'entry':
      return framed(name, answer.entry === undefined ? new Uint8Array(0) : encodeEntry(answer.entry))
    case 'bookmark': {
      const { number } = answer
      const [out, view] = frame(name, number === undefined ? FRAME_BYTES : 13)
      if (number !== undefined) view.setBigUint64(5, u64(number, 'entry number'))
      return out
    }
    case 'refused':
    case 'closing': {
      const text = encodeAscii(answer.text.slice(0, MAX_SOURCE_TEXT_BYTES))
      const [out, view] = frame(name, FAULT_HEAD_BYTES + text.length)
      view.setUint16(5, u16(answer.code, 'code'))
      view.setBigUint64(7, u64(answer.totalEntries, 'total entries'))
      out.set(text, FAULT_HEAD_BYTES)
      return out
    }
    default:
      return frame(name, FRAME_BYTES)[0]
  }
}

/** Encode the answers to commits, one after the other. @throws {RangeError} if a number does not fit */
export function encodeCommittedAnswers(results: readonly CommitResult[]): Uint8Array {
  const out = new Uint8Array(results.length * COMMITTED_BYTES)
  const view = viewOf(out)
  let at = 0
  for (const { firstEntry, nextEntry } of results) {
    view.setUint8(at, SourceAnswerType.committed)
    view.setUint32(at + 1, COMMITTED_BYTES)
    view.setBigUint64(at + 5, u64(firstEntry, 'first entry'))
    view.setBigUint64(at + 13, u64(nextEntry, 'next entry'))
    at += COMMITTED_BYTES
  }
  return out
}

/**
 * Decode the answer at byte `at`, or `undefined` if more bytes are needed. Entries and digests borrow the bytes' memory.
 *
 * @throws {FormatError} `BAD_PACKET`, `BAD_LENGTH`, `UNSAFE_NUMBER`
 * @see docs/spec/source-protocol.md §3 to §8
 */
export function decodeSourceAnswer(bytes: Bytes, at = 0): SourceAnswer | undefined {
  const view = viewOf(bytes)
  const length = frameLength(view, at, BOUNDS)
  if (length === undefined) return undefined
  const end = at + length
  switch (view.getUint8(at)) {
    case T.welcome:
      return {
        name: 'welcome',
        idleTimeoutMs: view.getUint32(at + 5),
        digest: slice(view, at + 9, at + WELCOME_HEAD_BYTES),
        header: headerWithin(view, at + WELCOME_HEAD_BYTES, end),
      }
    case T.committed:
      return { name: 'committed', firstEntry: view.getBigUint64(at + 5), nextEntry: view.getBigUint64(at + 13) }
    case T.header:
      return { name: 'header', header: headerWithin(view, at + FRAME_BYTES, end) }
    case T.entry:
      return { name: 'entry', entry: length === FRAME_BYTES ? undefined : entryWithin(view, at + FRAME_BYTES, end) }
    case T.bookmark:
      if (length !== FRAME_BYTES && length !== 13) throw badLength('bookmark answer', length, '5 or 13', at)
      return { name: 'bookmark', number: length === FRAME_BYTES ? undefined : view.getBigUint64(at + FRAME_BYTES) }
    case T.refused:
      return { name: 'refused', ...faultWithin(view, at, end) }
    case T.closing:
      return { name: 'closing', ...faultWithin(view, at, end) }
    case T.done:
      return { name: 'done' }
    default:
      return { name: 'ping' }
  }
}

function frame(name: SourceAnswer['name'], length: number): [out: Uint8Array, view: DataView] {
  const out = new Uint8Array(length)
  const view = viewOf(out)
  view.setUint8(0, SourceAnswerType[name])
  view.setUint32(1, length)
  return [out, view]
}

function framed(name: SourceAnswer['name'], body: Uint8Array): Uint8Array {
  const [out] = frame(name, FRAME_BYTES + body.length)
  out.set(body, FRAME_BYTES)
  return out
}

function faultWithin(view: DataView, at: number, end: number): SourceFault {
  const text = decodeAscii(slice(view, at + FAULT_HEAD_BYTES, end))
  return { code: view.getUint16(at + 5), totalEntries: view.getBigUint64(at + 7), text }
}

function u16(value: number, what: string): number {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff) throw new RangeError(`${what} ${value} is no u16`)
  return value
}

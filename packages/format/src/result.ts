import { type Bytes, decodeAscii, encodeAscii, namesByNumber, unsigned, viewOf } from './bytes.ts'
import { PacketType } from './constants.ts'
import { badLength, readPacketLength } from './framing.ts'

/** How a server answers a command, and the number that says so. The names are also the codes of errors. docs/spec/protocol.md §5. */
export const ResultCode = {
  OK: 0,
  ALREADY_STARTED: 1,
  ALREADY_STOPPED: 2,
  BAD_FROM_ENTRY: 3,
  BAD_FROM_BOOKMARK: 4,
  BAD_TO_BOOKMARK: 5,
  INVALID_COMMAND: 9,
} as const

/** One of the codes that this protocol knows; a peer may send others. */
export type ResultCode = (typeof ResultCode)[keyof typeof ResultCode]
export type ResultCodeName = keyof typeof ResultCode

const NAMES = namesByNumber(ResultCode)

/** The name of a code, or `undefined` if it is none that we know. */
export function resultCodeName(code: number): ResultCodeName | undefined {
  return NAMES.get(code)
}

/** The text that goes with each code, byte for byte what deployed servers send. */
export const RESULT_TEXT: Readonly<Record<ResultCode, string>> = {
  0: 'OK',
  1: 'Already started',
  2: 'Already stopped',
  3: 'Bad from entry',
  4: 'Bad from bookmark',
  5: 'Bad to bookmark',
  9: 'Invalid command',
}

export interface Result {
  /** u32. */
  readonly code: number
  /** ASCII. */
  readonly text: string
}

const HEAD_BYTES = 9
/** Longest result that is accepted: no server has reason to say more. */
export const MAX_RESULT_BYTES = 4096

/**
 * Encode a result: big-endian `packet u8 = 0xff | length u32 | code u32 | text`, `length` counting all.
 *
 * @param text by default the one that goes with the code, or none if the code is not ours
 * @throws {RangeError} if the code is no u32 or the text makes it longer than 4096 bytes
 * @see docs/spec/protocol.md §5
 */
export function encodeResult(code: number, text: string = RESULT_TEXT[code as ResultCode] ?? ''): Uint8Array {
  const ascii = encodeAscii(text)
  const length = HEAD_BYTES + ascii.length
  if (length > MAX_RESULT_BYTES) throw new RangeError(`a result of ${length} bytes, the limit is ${MAX_RESULT_BYTES}`)
  const out = new Uint8Array(length)
  const view = viewOf(out)
  view.setUint8(0, PacketType.result)
  view.setUint32(1, length)
  view.setUint32(5, unsigned(code, 32, 'result code'))
  out.set(ascii, HEAD_BYTES)
  return out
}

/**
 * Decode the result at byte `at`, or `undefined` if more bytes are needed.
 *
 * @throws {FormatError} `BAD_PACKET` or `BAD_LENGTH` (below 9 or above 4096)
 * @see docs/spec/protocol.md §5
 */
export function decodeResult(bytes: Bytes, at = 0): Result | undefined {
  const view = viewOf(bytes)
  const length = readPacketLength(view, at, PacketType.result, 'a result')
  if (length === undefined) return undefined
  if (length < HEAD_BYTES || length > MAX_RESULT_BYTES) {
    throw badLength('result', length, `${HEAD_BYTES} to ${MAX_RESULT_BYTES}`, at)
  }
  if (view.byteLength - at < length) return undefined
  const text = new Uint8Array(view.buffer, view.byteOffset + at + HEAD_BYTES, length - HEAD_BYTES)
  return { code: view.getUint32(at + 5), text: decodeAscii(text) }
}

import { E2FormatError, type Step } from '../errors.ts'
import { fromHex, toHex } from '../io/bytes.ts'
import { typeAt } from '../io/little-endian.ts'
import { describeType, RecordType } from './record-type.ts'

/** Bytes of a file's beginning that are enough to tell what it is. */
export const HEAD_BYTES = 64

/**
 * Throw `NO_VERSION` unless a file's first record is a Version, `EMPTY_FILE` if there is no record. The error says what the
 * file is instead, where that can be seen.
 *
 * @param head the first bytes at `position`, at least a type; {@link HEAD_BYTES} for a good message
 */
export function checkFirstRecord(head: Uint8Array, position: number, step: Step): void {
  if (head.length === 0) throw new E2FormatError('EMPTY_FILE', 'no bytes, expected a Version record', position, step)
  const type = typeAt(head, 0)
  if (type === RecordType.Version) return
  const found = foreignContent(head)
  const what =
    found === undefined
      ? `first record is ${describeType(type)}, expected ${describeType(RecordType.Version)}`
      : `not an e2store file: ${found}`
  throw new E2FormatError('NO_VERSION', what, position, step)
}

const SIGNATURES: readonly (readonly [hex: string, what: string])[] = [
  ['1f8b', 'it is compressed with gzip'],
  ['28b52ffd', 'it is compressed with zstd'],
  ['fd377a585a', 'it is compressed with xz'],
  ['425a68', 'it is compressed with bzip2'],
  ['04224d18', 'it is compressed with lz4'],
  ['504b0304', 'it is a ZIP archive'],
  ['377abcaf', 'it is a 7z archive'],
  ['ff060000734e6150', 'it is a snappy stream, without records'],
]

const TEXTS: readonly (readonly [begin: RegExp, what: string])[] = [
  [/^<\?xml/i, 'it is an XML document (as object stores answer with errors)'],
  [/^<(?:!|[a-z])/i, 'it is an HTML page (as servers answer for files that they do not have)'],
  [/^[[{]/, 'it is JSON'],
  [/^version https?:/, 'it is a pointer of Git LFS'],
]

/** What bytes are that are not the beginning of a record; `undefined` where nothing shows that. */
export function foreignContent(head: Uint8Array): string | undefined {
  const hex = toHex(head.subarray(0, HEAD_BYTES))
  const signature = SIGNATURES.find(([begin]) => hex.startsWith(begin))
  if (signature !== undefined) return signature[1]
  if (head.length >= 16 && /^0+$/.test(hex)) return 'it begins with zeros: space for a download that did not come'
  const bytes = fromHex(hex.replace(/^efbbbf/, ''))
  if (bytes.length < 5 || !bytes.every(isText)) return undefined
  const text = String.fromCharCode(...bytes).trim()
  return TEXTS.find(([begin]) => begin.test(text))?.[1] ?? `it is text, ${JSON.stringify(text)}`
}

function isText(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 0x09 || byte === 0x0a || byte === 0x0d
}

import { sha256 } from '@noble/hashes/sha2.js'
import type { ByteSource } from '../io/byte-source.ts'
import { toHex } from '../io/bytes.ts'

/** One line of a list of checksums. */
export interface Checksum {
  /** SHA-256 of the whole file, 64 lower-case hex digits. */
  readonly sha256: string
  /** The file's name, if the list has names. It is untrusted. */
  readonly name?: string
}

const LINE = /^(?:0x)?([0-9a-fA-F]{64})(?:[ \t]+\*?([^\s/\\]+))?$/
/** More than a list of a hundred thousand eras takes. */
const MAX_TEXT = 16_777_216

/**
 * Parse a `checksums.txt`: `<hash>  <name>` on each line, or only `<hash>` or `0x<hash>`, where line `i` is for era `i`.
 * Empty lines at the end are ignored.
 *
 * @throws {RangeError} with the number of the line that is neither, from 1
 * @see docs/spec/e2store-execution.md §10
 */
export function parseChecksums(text: string): Checksum[] {
  if (text.length > MAX_TEXT) throw new RangeError(`list of ${text.length} characters, at most ${MAX_TEXT} allowed`)
  const lines = text.trimEnd().split('\n')
  if (lines.length === 1 && lines[0] === '') return []
  return lines.map((line, i) => {
    const match = LINE.exec(line.trimEnd())
    if (match === null) throw new RangeError(`line ${i + 1} of the checksums is neither a hash nor a hash and a name`)
    const sha256 = (match[1] ?? '').toLowerCase()
    return match[2] === undefined ? { sha256 } : { sha256, name: match[2] }
  })
}

/** The text of a `checksums.txt`; entries without a name give bare hashes. */
export function formatChecksums(checksums: readonly Checksum[]): string {
  return checksums.map(({ sha256, name }) => (name === undefined ? `${sha256}\n` : `${sha256}  ${name}\n`)).join('')
}

/** The entry for a file: by its name, or by the number of its era if the list has no names. */
export function findChecksum(list: readonly Checksum[], name: string, era: number): Checksum | undefined {
  const named = list.find((entry) => entry.name === name)
  if (named !== undefined) return named
  const byEra = list[era]
  return byEra !== undefined && byEra.name === undefined ? byEra : undefined
}

/** A hash that takes its input in chunks, like those of `node:crypto`. */
export interface IncrementalHash {
  update(bytes: Uint8Array): unknown
  digest(): Uint8Array
}

const CHUNK_BYTES = 1_048_576

/**
 * The SHA-256 of a whole file, as in a list of checksums, read in chunks.
 *
 * @param hash a fresh SHA-256 (default: portable; `createHash('sha256')` of `node:crypto` is faster)
 */
export async function checksumOf(source: ByteSource, hash: IncrementalHash = sha256.create()): Promise<string> {
  for (let at = 0; at < source.size; at += CHUNK_BYTES) {
    hash.update(await source.read(at, Math.min(CHUNK_BYTES, source.size - at)))
  }
  return toHex(hash.digest())
}

import { sha256 } from '@noble/hashes/sha2.js'
import type { ByteSource } from '../io/byte-source.ts'
import { toHex } from '../io/bytes.ts'
import { parseChecksumLine } from './checksum-line.ts'

/** One line of a list of checksums. */
export interface Checksum {
  /** SHA-256 of the whole file, 64 lower-case hex digits. */
  readonly sha256: string
  /** The file's name without its folder, if the list has names. It is untrusted. */
  readonly name?: string
}

/** A line that could not be used. */
export interface BadLine {
  /** From 1. */
  readonly line: number
  /** What is wrong with it, to follow its number. */
  readonly message: string
}

/** What a list of checksums says. */
export interface ChecksumList {
  /** In the order of the list. */
  readonly entries: readonly Checksum[]
  readonly badLines: readonly BadLine[]
}

/** More than a list of a hundred thousand eras takes. */
const MAX_TEXT = 16_777_216

/**
 * Parse a list of checksums in any of the forms that are published or made by people: a hash alone, with or without `0x`,
 * a hash and a name or path, `SHA256 (name) = hash`; with comments, empty lines, a byte order mark, any line ends.
 *
 * A line that is none of these is reported, and the others are used. So is one that gives another hash for a name that
 * the list already has.
 *
 * @throws {RangeError} the text is longer than 16 MiB
 * @see docs/spec/e2store-execution.md §10
 */
export function parseChecksums(text: string): ChecksumList {
  if (text.length > MAX_TEXT) throw new RangeError(`list of ${text.length} characters, at most ${MAX_TEXT} allowed`)
  const entries: Checksum[] = []
  const badLines: BadLine[] = []
  const named = new Map<string, { readonly sha256: string; readonly line: number }>()
  for (const [i, each] of text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const found = parseChecksumLine(each)
    if (found === 'nothing') continue
    const line = i + 1
    if ('bad' in found) {
      badLines.push({ line, message: found.bad })
      continue
    }
    const before = found.name === undefined ? undefined : named.get(found.name)
    if (before !== undefined && before.sha256 !== found.sha256) {
      badLines.push({ line, message: `gives another hash for ${found.name} than line ${before.line}` })
    } else if (before === undefined) {
      if (found.name !== undefined) named.set(found.name, { sha256: found.sha256, line })
      entries.push(found)
    }
  }
  return { entries, badLines }
}

/** The text of a list of checksums; entries without a name give bare hashes. */
export function formatChecksums(checksums: readonly Checksum[]): string {
  return checksums.map(({ sha256, name }) => (name === undefined ? `${sha256}\n` : `${sha256}  ${name}\n`)).join('')
}

/** What a list says of a file: its checksum, or only that it must be one of those in the list. */
export type ListedChecksum =
  | { readonly by: 'name' | 'position'; readonly sha256: string }
  | { readonly by: 'set'; readonly has: (sha256: string) => boolean }

/** Finds the checksums of files in a list. */
export class ChecksumFinder {
  readonly #named: ReadonlyMap<string, string>
  /** The hashes without names. */
  readonly #nameless: ReadonlySet<string>
  readonly #byHash: ReadonlyMap<string, string | undefined>
  readonly #positions: ReadonlyMap<string, string>
  /**
   * Why the lines of a list without names could not be used by their position, but only as a set: then a file that has the
   * checksum of another one is not found out.
   */
  readonly notByPosition: string | undefined

  /**
   * @param files names of all the files that the list is for, in any order: a list without names can be used by
   *   position only if it has as many lines and the numbers of the files are 0, 1, 2 and so on without a gap
   */
  constructor({ entries, badLines }: ChecksumList, files: readonly string[]) {
    this.#named = new Map(entries.flatMap(({ name, sha256 }) => (name === undefined ? [] : [[name, sha256] as const])))
    const nameless = entries.filter(({ name }) => name === undefined)
    this.#nameless = new Set(nameless.map(({ sha256 }) => sha256))
    this.#byHash = new Map(entries.map(({ sha256, name }) => [sha256, name]))
    const why = nameless.length === 0 ? undefined : whyNotByPosition(entries, badLines, files)
    this.notByPosition = why
    const usable = nameless.length > 0 && why === undefined
    this.#positions = new Map(usable ? files.map((file) => [file, nameless[fileNumber(file) ?? 0]?.sha256 ?? '']) : [])
  }

  /** What the list says of a file, or `undefined` if it has only names, and not this one. */
  find(name: string): ListedChecksum | undefined {
    const named = this.#named.get(name)
    if (named !== undefined) return { by: 'name', sha256: named }
    const placed = this.#positions.get(name)
    if (placed !== undefined) return { by: 'position', sha256: placed }
    return this.#nameless.size === 0 ? undefined : { by: 'set', has: (sha256) => this.#nameless.has(sha256) }
  }

  /** The name that the list has for a checksum, which shows a file that was renamed. */
  nameOf(sha256: string): string | undefined {
    return this.#byHash.get(sha256)
  }
}

/** The number in a conventional name of a file with blocks. */
function fileNumber(name: string): number | undefined {
  const digits = /-(\d{5,10})-[^/]*$/.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

function whyNotByPosition(
  entries: readonly Checksum[],
  badLines: readonly BadLine[],
  files: readonly string[],
): string | undefined {
  if (badLines.length > 0) return 'it has lines that cannot be read'
  if (entries.some(({ name }) => name !== undefined)) return 'only some of its lines have names'
  if (entries.length !== files.length) return `it has ${entries.length} lines for ${files.length} files`
  const numbers = new Set(files.map(fileNumber))
  for (let i = 0; i < files.length; i++) if (!numbers.has(i)) return `there is no file of number ${i}`
  return undefined
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

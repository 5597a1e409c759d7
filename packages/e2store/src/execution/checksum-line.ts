/** What one line of a list of checksums says. */
export type ChecksumLine =
  | { readonly sha256: string; readonly name?: string }
  /** Nothing: a comment, or no text. */
  | 'nothing'
  /** What is wrong with it. */
  | { readonly bad: string }

const PLAIN = /^(?:0x)?([0-9a-f]+)(?:[ \t]+\*?(\S.*))?$/i
/** As `shasum --tag` and `openssl dgst` write it. */
const TAGGED = /^(\w+(?:-\w+)?) ?\((.+)\) ?= ?(?:0x)?([0-9a-f]+)$/i
const SHA256_DIGITS = 64
/** Digits of other hashes that people make lists of. */
const OTHER_DIGITS: Readonly<Record<number, string>> = {
  32: 'MD5',
  40: 'SHA-1',
  56: 'SHA-224',
  96: 'SHA-384',
  128: 'SHA-512',
}

/**
 * Read one line, without its end, in any of the forms that programs and people write.
 *
 * @see docs/spec/e2store-execution.md §10
 */
export function parseChecksumLine(text: string): ChecksumLine {
  const line = text.trim()
  if (line === '' || line.startsWith('#') || line.startsWith(';') || line.startsWith('//')) return 'nothing'
  // A backslash before the hash says that the name has escapes.
  const isEscaped = line.startsWith('\\')
  const rest = isEscaped ? line.slice(1) : line
  const tagged = TAGGED.exec(rest)
  if (tagged !== null) {
    const [, algorithm = '', name = '', digits = ''] = tagged
    if (!/^sha-?2?-?256$/i.test(algorithm)) return { bad: `is a ${algorithm.toUpperCase()} checksum, expected SHA-256` }
    return entryOf(digits, name, isEscaped)
  }
  const plain = PLAIN.exec(rest)
  if (plain === null) return { bad: 'is neither a hash nor a hash and a name' }
  return entryOf(plain[1] ?? '', plain[2], isEscaped)
}

function entryOf(digits: string, path: string | undefined, isEscaped: boolean): ChecksumLine {
  if (digits.length !== SHA256_DIGITS) {
    const other = OTHER_DIGITS[digits.length]
    const what = other === undefined ? '' : `, as ${other} has`
    return { bad: `begins with ${digits.length} hex digits${what}; SHA-256 has ${SHA256_DIGITS}` }
  }
  const sha256 = digits.toLowerCase()
  if (path === undefined) return { sha256 }
  const name = nameOf(isEscaped ? unescaped(path) : path)
  return name === '' ? { bad: 'names a folder' } : { sha256, name }
}

/** The last part of a path, by the separators of any system. */
function nameOf(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
}

const ESCAPES: Readonly<Record<string, string>> = { '\\n': '\n', '\\r': '\r', '\\\\': '\\' }

function unescaped(text: string): string {
  return text.replace(/\\[nr\\]/g, (found) => ESCAPES[found] ?? found)
}

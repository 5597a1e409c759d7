import { createHash } from 'node:crypto'
import { hasVectors, readVector } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { fromBytes } from '../io/byte-source.ts'
import { ChecksumFinder, checksumOf, formatChecksums, parseChecksums } from './checksums.ts'

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')
const [a, b, c] = [hashOf('a'), hashOf('b'), hashOf('c')] as [string, string, string]

test.each([
  ['of sha256sum', `${a}  one.era1`],
  ['in binary mode', `${a} *one.era1`],
  ['of sha256sum ./*', `${a}  ./one.era1`],
  ['with an absolute path', `${a}  /srv/era1/one.era1`],
  ['with a path of another system', `${a}  C:\\era1\\one.era1`],
  ['with one space', `${a} one.era1`],
  ['with a tab', `${a}\tone.era1`],
  ['with 0x', `0x${a}  one.era1`],
  ['in upper case', `${a.toUpperCase()}  one.era1`],
  ['with a byte order mark', `\ufeff${a}  one.era1`],
  ['with the line ends of another system', `${a}  one.era1\r\n`],
  ['of shasum --tag', `SHA256 (one.era1) = ${a}`],
  ['of openssl', `SHA2-256(/srv/one.era1)= ${a}`],
  ['with a name that has escapes', `\\${a}  a\\\\b\\none.era1`],
])('a line %s', (_, text) => {
  const name = text.includes('\\n') ? 'b\none.era1' : 'one.era1'
  for (const whole of [text, `${text}\n`, `${text}\n\n  \n`]) {
    expect(parseChecksums(whole)).toEqual({ entries: [{ sha256: a, name }], badLines: [] })
  }
})

test('comments and empty lines say nothing, wherever they are', () => {
  const text = `# made today\n\n${a}  one.era1\n\n; of two networks\n${b}  two.era1\n// end`
  expect(parseChecksums(text)).toEqual({
    entries: [
      { sha256: a, name: 'one.era1' },
      { sha256: b, name: 'two.era1' },
    ],
    badLines: [],
  })
  expect(parseChecksums('')).toEqual({ entries: [], badLines: [] })
})

test('a bad line is reported with its number, and the others are used', () => {
  const text = [
    'hello',
    `${a}  one.era1`,
    a.slice(2),
    `${a}${a}  sha512.era1`,
    `MD5 (x) = ${a.slice(32)}`,
    `${b}  folder/`,
    `${b}  one.era1`,
    `${a}  one.era1`,
    b,
  ].join('\n')
  expect(parseChecksums(text)).toEqual({
    entries: [{ sha256: a, name: 'one.era1' }, { sha256: b }],
    badLines: [
      { line: 1, message: 'is neither a hash nor a hash and a name' },
      { line: 3, message: 'begins with 62 hex digits; SHA-256 has 64' },
      { line: 4, message: 'begins with 128 hex digits, as SHA-512 has; SHA-256 has 64' },
      { line: 5, message: 'is a MD5 checksum, expected SHA-256' },
      { line: 6, message: 'names a folder' },
      { line: 7, message: 'gives another hash for one.era1 than line 2' },
    ],
  })
  expect(() => parseChecksums('x'.repeat(16_777_217))).toThrow(RangeError)
})

test('a list is written as it is read', () => {
  const { entries } = parseChecksums(`${a} *one.era1\n0x${b}`)
  expect(formatChecksums(entries)).toBe(`${a}  one.era1\n${b}\n`)
})

describe('what a list says of a file', () => {
  test('by its name, and under which name a checksum is listed', () => {
    const finder = new ChecksumFinder(parseChecksums(`${a}  one.erae\n${b}  two.erae`), [
      'one.erae',
      'two-noproofs.ere',
    ])
    expect(finder.find('one.erae')).toEqual({ by: 'name', sha256: a })
    expect(finder.find('two-noproofs.ere')).toBeUndefined()
    expect(finder.nameOf(b)).toBe('two.erae')
    expect(finder.notByPosition).toBeUndefined()
  })

  const files = ['net-00002-aaaaaaaa.era1', 'net-00000-bbbbbbbb.era1', 'net-00001-cccccccc.era1']

  test('by position, if there is a line for each file and no number is missing', () => {
    const finder = new ChecksumFinder(parseChecksums(`0x${a}\n0x${b}\n0x${c}`), files)
    expect(files.map((name) => finder.find(name))).toEqual([c, a, b].map((sha256) => ({ by: 'position', sha256 })))
    expect(finder.notByPosition).toBeUndefined()
  })

  test.each([
    ['fewer lines than files', `${a}\n${b}`, files, 'it has 2 lines for 3 files'],
    ['a gap in the numbers', `${a}\n${b}\n${c}`, [...files.slice(1), 'net-00003-aaaaaaaa.era1'], 'no file of number 2'],
    ['a line that cannot be read', `${a}\n${b}\n${c}\nx`, files, 'it has lines that cannot be read'],
    ['lines with names', `${a}\n${b}\n${c}  other.era1`, files, 'only some of its lines have names'],
    ['names without numbers', `${a}\n${b}\n${c}`, ['a', 'b', 'c'], 'no file of number 0'],
  ])('otherwise as a set, with the reason: %s', (_, text, names, why) => {
    const finder = new ChecksumFinder(parseChecksums(text), names)
    expect(finder.notByPosition).toContain(why)
    const listed = finder.find(names[0] ?? '')
    expect(listed).toMatchObject({ by: 'set' })
    expect(listed?.by === 'set' && [listed.has(a), listed.has(hashOf('d'))]).toEqual([true, false])
  })
})

test('the checksum of files of any size', async () => {
  for (const size of [0, 1, 1_048_576, 2_500_000]) {
    const bytes = new Uint8Array(size).map((_, i) => i * 31)
    const expected = createHash('sha256').update(bytes).digest('hex')
    expect(await checksumOf(fromBytes(bytes))).toBe(expected)
    expect(await checksumOf(fromBytes(bytes), createHash('sha256'))).toBe(expected)
  }
})

describe.skipIf(!hasVectors('e2store'))('lists as they are published', () => {
  const load = (...name: readonly string[]): string =>
    new TextDecoder('utf-8', { ignoreBOM: true }).decode(readVector('e2store', ...name))

  test('of sha256sum ./*', () => {
    const { entries, badLines } = parseChecksums(load('field', 'checksums-dot-slash.txt'))
    expect(badLines).toEqual([])
    expect(entries.map(({ name }) => name)).toEqual([
      'mainnet-00000-a6860fef.erae',
      'mainnet-00001-05c64fc4.erae',
      'mainnet-00000-5ec1ffb8.era1',
      'mainnet-00001-a5364e9a.era1',
    ])
  })

  interface Expected {
    readonly hashes?: readonly string[]
    readonly files: readonly unknown[]
  }

  test.each([
    'checksums-nameless-0x.txt',
    'checksums-nameless-0x-newline.txt',
    'checksums_sha256.txt',
    'checksums-two-networks.txt',
  ])('%s', (list) => {
    const expected: Record<string, Expected> = JSON.parse(load('providers', 'expected.json'))
    const { entries, badLines } = parseChecksums(load('providers', list))
    const { hashes, files } = expected[list] ?? { files: [] }
    expect(badLines).toEqual([])
    expect(entries).toEqual(hashes === undefined ? files : hashes.map((sha256) => ({ sha256 })))
  })

  test('five lines for files 0, 1, 2, 3 and 5 are no list by position', () => {
    const expected: Record<string, { readonly files: { readonly name: string }[] }> = JSON.parse(
      load('providers', 'expected.json'),
    )
    const names = expected['nginx-autoindex.html']?.files.map(({ name }) => name) ?? []
    const finder = new ChecksumFinder(parseChecksums(load('providers', 'checksums-nameless-0x.txt')), names)
    expect(finder.notByPosition).toBe('there is no file of number 4')
  })
})

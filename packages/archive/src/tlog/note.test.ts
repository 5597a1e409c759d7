import {
  encodeBase64,
  generateSignerKey,
  parseSignerKey,
  parseVerifierKey,
  type SignerKey,
} from '@datastreamer/format/signing'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { NoteError } from './errors.ts'
import { MAX_NOTE_BYTES, MAX_SIGNATURES, openNote, parseNote, signNote } from './note.ts'
import { utf8 } from './text.ts'

/** The example of the specification of signed notes. */
const TEXT = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.
`
const LINE =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n'
const PUBLIC = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
const PRIVATE = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz'

const coded = (code: string) => expect.objectContaining({ name: 'NoteError', code })
/** A line that no key of the tests has signed. */
const lineOf = (name: string, bytes = 68): string => `— ${name} ${encodeBase64(new Uint8Array(bytes).fill(7))}\n`

let keys: readonly [SignerKey, SignerKey]
beforeAll(async () => {
  keys = [await generateSignerKey('log.example/a'), await generateSignerKey('log.example/b')]
})

test('the example is made, read and verified', async () => {
  const [key, signer] = [await parseVerifierKey(PUBLIC), await parseSignerKey(PRIVATE)]
  const bytes = await signNote(TEXT, [signer])
  expect(bytes).toEqual(utf8(`${TEXT}\n${LINE}`))
  const note = await openNote(bytes, [key])
  expect(note.text).toBe(TEXT)
  expect(note.verified).toEqual([key])
  expect(note.signatures).toMatchObject([{ name: 'PeterNeumann', id: 0xc74f20a3 }])
})

const characters = fc.oneof(
  fc.string({ unit: 'binary' }).filter((text) => !/\p{Cs}/u.test(text)),
  fc.constantFrom('\n', '\n\n', '— a AAAAAAAA\n', '\ufeff', '\u0085'),
)
const texts = fc
  .array(characters, { maxLength: 8 })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those that a note must not have.
  .map((parts) => `${parts.join('').replaceAll(/[\u0000-\u0009\u000b-\u001f]/g, '')}\n`)

test('any text comes back as it was', async () => {
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      const note = await openNote(await signNote(text, keys), keys)
      expect(note.text).toBe(text)
      expect(note.verified).toEqual(keys)
    }),
  )
})

test('whatever byte is changed, added or left out, the text stays what was signed', async () => {
  const bytes = await signNote('a\n\nb — ü\n', keys)
  const edits = fc.record({ at: fc.nat(bytes.length), remove: fc.nat(2), add: fc.uint8Array({ maxLength: 2 }) })
  await fc.assert(
    fc.asyncProperty(edits, async ({ at, remove, add }) => {
      const changed = Uint8Array.of(...bytes.subarray(0, at), ...add, ...bytes.subarray(at + remove))
      const opened = await openNote(changed, keys).catch((error: unknown) => error)
      if (!(opened instanceof NoteError)) expect(opened).toMatchObject({ text: 'a\n\nb — ü\n' })
    }),
    { numRuns: 500 },
  )
})

describe('who has signed', () => {
  test('keys that are not known are passed over, also with long signatures and of other kinds', async () => {
    const own = new TextDecoder().decode(await signNote(TEXT, [keys[0]]))
    const note = utf8(`${own}${lineOf('witness.example/w', 76)}${lineOf('later.example/kind', 4 + 2420)}`)
    expect((await openNote(note, keys)).verified).toEqual([keys[0]])
    await expect(openNote(note, [keys[1]])).rejects.toThrow(coded('NO_KNOWN_SIGNATURE'))
    await expect(openNote(note, [])).rejects.toThrow(coded('NO_KNOWN_SIGNATURE'))
  })

  test('a name alone, or an id alone, is not a key', async () => {
    const note = await signNote(TEXT, [keys[0]])
    const others = [
      { ...keys[1], name: keys[0].name },
      { ...keys[1], id: keys[0].id },
    ]
    for (const other of others) await expect(openNote(note, [other])).rejects.toThrow(coded('NO_KNOWN_SIGNATURE'))
  })

  test.each([0, 1])('one bad signature of a known key is enough, at %i', async (at) => {
    const bad = { ...keys[at === 0 ? 0 : 1], seed: new Uint8Array(32) }
    const note = await signNote(TEXT, at === 0 ? [bad, keys[1]] : [keys[0], bad])
    await expect(openNote(note, keys)).rejects.toThrow(coded('INVALID_SIGNATURE'))
  })

  test('a signature on a note is not one of a witness', async () => {
    const note = await signNote(TEXT, [keys[0]])
    await expect(openNote(note, [{ ...keys[0], type: 4 }])).rejects.toThrow(coded('INVALID_SIGNATURE'))
  })

  test('a line that comes twice counts once', async () => {
    const note = utf8(`${TEXT}\n${LINE}${LINE}`)
    expect((await openNote(note, [await parseVerifierKey(PUBLIC)])).verified.length).toBe(1)
    expect(parseNote(note).signatures.length).toBe(1)
  })

  test('two signatures of one key have no meaning', () => {
    const other = LINE.replace('x08go/ZJ', 'x08go/ZK')
    for (const note of [LINE + other, other + LINE]) {
      expect(() => parseNote(utf8(`${TEXT}\n${note}`))).toThrow(coded('MALFORMED'))
    }
  })

  test('a message shows little of what is foreign', async () => {
    const lines = Array.from({ length: 50 }, (_, i) => lineOf(`${i}`.repeat(500)))
    const error: unknown = await openNote(utf8(`${TEXT}\n${lines.join('')}`), keys).catch((thrown: unknown) => thrown)
    expect(error).toEqual(coded('NO_KNOWN_SIGNATURE'))
    expect(String(error)).toMatch(/ 47 more$/)
    expect(String(error).length).toBeLessThan(600)
    const twice = lineOf('n'.repeat(10_000)) + lineOf('n'.repeat(10_000), 69)
    expect(() => parseNote(utf8(`${TEXT}\n${twice}`))).toThrow(/^not a signed note: two signatures of n{120}\.\.\.$/)
    expect(() => parseNote(utf8(`${TEXT}\n${'x'.repeat(10_000)}\n`))).toThrow(/^not a signed note: .{0,200}$/)
  })
})

describe('limits', () => {
  test(`of ${MAX_SIGNATURES} signatures`, async () => {
    const own = new TextDecoder().decode(await signNote(TEXT, [keys[0]]))
    const lines = Array.from({ length: MAX_SIGNATURES }, (_, i) => lineOf(`other.example/${i}`))
    const most = utf8(own + lines.slice(1).join(''))
    expect((await openNote(most, keys)).signatures.length).toBe(MAX_SIGNATURES)
    expect(() => parseNote(utf8(own + lines.join('')))).toThrow(coded('MALFORMED'))
  })

  test(`of ${MAX_NOTE_BYTES} bytes`, () => {
    const padding = MAX_NOTE_BYTES - utf8(`\n\n${LINE}`).length
    const most = utf8(`${'a'.repeat(padding)}\n\n${LINE}`)
    expect(most.length).toBe(65_536)
    expect(parseNote(most).text.length).toBe(padding + 1)
    expect(() => parseNote(utf8(`${'a'.repeat(padding + 1)}\n\n${LINE}`))).toThrow(coded('MALFORMED'))
  })
})

const note = `${TEXT}\n${LINE}`
test.each([
  ['nothing', ''],
  ['a line end', '\n'],
  ['a text alone', TEXT],
  ['no signatures', `${TEXT}\n`],
  ['an empty line for a signature', `${TEXT}\n\n`],
  ['no empty line', `${TEXT}${LINE}`],
  ['signatures alone', LINE],
  ['no line end at its end', note.slice(0, -1)],
  ['another character for its last line end', `${note.slice(0, -1)}x`],
  ['a line after the signatures', `${note}x\n`],
  ['an empty line after the signatures', `${note}\n`],
  ['a signature cut off', `${note.slice(0, -2)}\n`],
  ['CR before LF', note.replaceAll('\n', '\r\n')],
  ['NUL', note.replace('If', '\0f')],
  ['a tab', note.replace(' ', '\t')],
  ['a hyphen for the dash', note.replace('—', '-')],
  ['an en dash for the dash', note.replace('—', '–')],
  ['no dash', note.replace('— ', '')],
  ['a space before the dash', note.replace('—', ' —')],
  ['a BOM before the dash', note.replace('—', '\ufeff—')],
  ['two spaces before the name', note.replace('— ', '—  ')],
  ['two spaces after the name', note.replace('Neumann ', 'Neumann  ')],
  ['a no-break space after the name', note.replace('Neumann ', 'Neumann\u00a0')],
  ['a space at the end', note.replace(/\n$/, ' \n')],
  ['no name', note.replace('PeterNeumann', '')],
  ['a + in the name', note.replace('PeterN', 'Peter+N')],
  ['base64 without padding', note.replace(/=\n$/, '\n')],
  ['base64 with bits that are not used', note.replace(/M=\n$/, 'N=\n')],
  ['the letters of URLs', note.replace('/', '_')],
  ['an id alone', `${TEXT}\n— a ${encodeBase64(new Uint8Array(4))}\n`],
  ['three bytes', `${TEXT}\n— a ${encodeBase64(new Uint8Array(3))}\n`],
])('%s is no note', (_, text) => {
  expect(() => parseNote(utf8(text))).toThrow(coded('MALFORMED'))
})

test.each([
  ['a byte that begins nothing', [0xff]],
  ['a character cut off', [0xe2, 0x80]],
  ['a longer encoding than needed', [0xc0, 0xaf]],
  ['half a character', [0xed, 0xa0, 0x80]],
])('%s is no UTF-8', (_, bytes) => {
  expect(() => parseNote(Uint8Array.of(...bytes, ...utf8(`\n\n${LINE}`)))).toThrow(coded('MALFORMED'))
})

test('a BOM is a part of the text', async () => {
  const opened = await openNote(await signNote('\ufeffa\n', keys), keys)
  expect(opened.text).toBe('\ufeffa\n')
  const without = (await signNote('\ufeffa\n', keys)).subarray(3)
  await expect(openNote(without, keys)).rejects.toThrow(coded('INVALID_SIGNATURE'))
})

test.each([
  ['a text without a line end', 'a'],
  ['no text', ''],
  ['a tab', 'a\tb\n'],
  ['CR', 'a\r\n'],
  ['half a character', 'a\ud800\n'],
  ['more than a note may have', `${'a'.repeat(MAX_NOTE_BYTES)}\n`],
])('%s is not signed', async (_, text) => {
  await expect(signNote(text, keys)).rejects.toThrow(RangeError)
})

test('without a key nothing is signed', async () => {
  await expect(signNote(TEXT, [])).rejects.toThrow(RangeError)
})

import { concatBytes, viewOf } from '@datastreamer/format'
import {
  decodeBase64,
  encodeBase64,
  idText,
  isKeyName,
  KeyType,
  type SignerKey,
  signEd25519,
  type VerifierKey,
  verifyEd25519,
} from '@datastreamer/format/signing'
import { sameBytes } from '../segment/point.ts'
import { verifyCosignature } from './cosignature.ts'
import { NoteError } from './errors.ts'
import { fromUtf8, utf8 } from './text.ts'

export const MAX_NOTE_BYTES = 65_536
export const MAX_SIGNATURES = 100
const ID_BYTES = 4
const MAX_SHOWN = 120

/** One line under a note. */
export interface NoteSignature {
  readonly name: string
  /** The key's id, as in `VerifierKey`. */
  readonly id: number
  readonly signature: Uint8Array
}

/** A text and its signatures, none of which is verified. */
export interface Note {
  /** With its final line end. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** A note that a trusted key has signed. */
export interface OpenedNote extends Note {
  /** The trusted keys that have. */
  readonly verified: readonly VerifierKey[]
}

/**
 * Read a signed note without verifying it.
 *
 * @throws {NoteError} `MALFORMED`
 * @see https://c2sp.org/signed-note@v1.0.0
 */
export function parseNote(bytes: Uint8Array): Note {
  const malformed = (what: string): NoteError => new NoteError('MALFORMED', `not a signed note: ${what}`)
  if (bytes.length > MAX_NOTE_BYTES) throw malformed(`${bytes.length} bytes, expected ${MAX_NOTE_BYTES} at most`)
  const all = fromUtf8(bytes)
  if (all === undefined) throw malformed('it is no UTF-8')
  if (bytes.some((byte) => byte < 0x20 && byte !== 0x0a)) throw malformed('it has control characters')
  const end = all.lastIndexOf('\n\n')
  if (end < 0 || !all.endsWith('\n')) throw malformed('no empty line before signatures, or no line end after them')
  const lines = all.slice(end + 2, -1)
  if (lines === '') throw malformed('it has no signatures')
  const signatures = lines.split('\n').map((line) => {
    const signature = parseSignature(line)
    if (signature === undefined) throw malformed(`no signature: ${JSON.stringify(shown(line))}`)
    return signature
  })
  if (signatures.length > MAX_SIGNATURES) throw malformed(`${signatures.length} signatures`)
  return { text: all.slice(0, end + 1), signatures: oneOfEachKey(signatures, malformed) }
}

/** A line that comes twice counts once; two different signatures of a key have no meaning. */
function oneOfEachKey(
  signatures: readonly NoteSignature[],
  malformed: (what: string) => NoteError,
): readonly NoteSignature[] {
  const byKey = new Map<string, NoteSignature>()
  for (const each of signatures) {
    const key = keyOf(each)
    const before = byKey.get(key)
    if (before === undefined) byKey.set(key, each)
    else if (!sameBytes(before.signature, each.signature)) throw malformed(`two signatures of ${shown(key)}`)
  }
  return [...byKey.values()]
}

function parseSignature(line: string): NoteSignature | undefined {
  const [dash, name = '', encoded = '', ...rest] = line.split(' ')
  if (dash !== '—' || rest.length > 0 || !isKeyName(name)) return undefined
  const bytes = decodeBase64(encoded)
  if (bytes === undefined || bytes.length <= ID_BYTES) return undefined
  return { name, id: viewOf(bytes).getUint32(0), signature: bytes.subarray(ID_BYTES) }
}

/**
 * Read a note that one of these keys has to have signed. Signatures of other keys are passed over.
 *
 * @throws {NoteError} @throws {KeyError} `NO_CRYPTO`
 */
export async function openNote(bytes: Uint8Array, keys: readonly VerifierKey[]): Promise<OpenedNote> {
  const note = parseNote(bytes)
  const verified: VerifierKey[] = []
  for (const each of note.signatures) {
    const key = keys.find(({ name, id }) => name === each.name && id === each.id)
    if (key === undefined) continue
    if (!(await isSigned(note.text, key, each.signature))) {
      throw new NoteError('INVALID_SIGNATURE', `the signature of ${keyOf(each)} is not of that key`)
    }
    verified.push(key)
  }
  if (verified.length > 0) return { ...note, verified }
  const others = note.signatures.slice(0, 3).map((each) => shown(keyOf(each)))
  if (note.signatures.length > others.length) others.push(`${note.signatures.length - others.length} more`)
  throw new NoteError('NO_KNOWN_SIGNATURE', `none of the trusted keys has signed it, but ${others.join(', ')}`)
}

function keyOf({ name, id }: NoteSignature): string {
  return `${name}+${idText(id)}`
}

/** A part of a foreign note in a message. */
function shown(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text
}

function isSigned(text: string, key: VerifierKey, signature: Uint8Array): Promise<boolean> {
  if (key.type === KeyType.cosignature) return verifyCosignature(text, key, signature)
  return verifyEd25519(key.publicKey, signature, utf8(text))
}

/**
 * A note with the signatures of keys.
 *
 * @throws {RangeError} if text and keys make none that {@link parseNote} would read @throws {KeyError} `NO_CRYPTO`
 */
export async function signNote(text: string, keys: readonly SignerKey[]): Promise<Uint8Array> {
  if (!text.endsWith('\n')) throw new RangeError('the text of a note ends with a line end')
  if (/\p{Cs}/u.test(text)) throw new RangeError('the text of a note has no half characters')
  const lines: string[] = []
  for (const { name, id, seed } of keys) {
    const bytes = new Uint8Array(ID_BYTES)
    viewOf(bytes).setUint32(0, id)
    lines.push(`— ${name} ${encodeBase64(concatBytes([bytes, await signEd25519(seed, utf8(text))]))}\n`)
  }
  const bytes = utf8(`${text}\n${lines.join('')}`)
  try {
    parseNote(bytes)
  } catch (error) {
    throw new RangeError(`cannot be signed: ${String(error)}`, { cause: error })
  }
  return bytes
}

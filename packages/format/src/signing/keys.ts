import { concatBytes, viewOf } from '../bytes.ts'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { PUBLIC_KEY_BYTES, publicKeyOf, SEED_BYTES } from './ed25519.ts'
import { KeyError } from './errors.ts'
import { utf8, webCrypto, webSha256 } from './web-crypto.ts'

/** What a key signs: the text of a note, or a statement of a witness that it has seen it. */
export const KeyType = { ed25519: 0x01, cosignature: 0x04 } as const

/** A public key that signs notes under a name. @see https://c2sp.org/signed-note@v1.0.0 */
export interface VerifierKey {
  readonly name: string
  /** The first four bytes of a SHA-256 over name and key, big-endian. */
  readonly id: number
  readonly type: (typeof KeyType)[keyof typeof KeyType]
  readonly publicKey: Uint8Array
}

/** A private key that signs notes under a name. */
export interface SignerKey extends VerifierKey {
  readonly seed: Uint8Array
}

const SIGNER = 'PRIVATE+KEY+'
const KEY = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/s

/**
 * Whether a text may be the name of a key: not empty, without `+` and spaces; and, which the specification does not ask
 * for, without any control characters and lone surrogates, so that messages can show it.
 */
export function isKeyName(name: string): boolean {
  return /^[^+\p{White_Space}\p{Cc}\p{Cs}]+$/u.test(name)
}

/** The id of a key. */
async function keyId(name: string, type: number, publicKey: Uint8Array): Promise<number> {
  const text = utf8(`${name}\n`)
  return viewOf(await webSha256(concatBytes([text, Uint8Array.of(type), publicKey]))).getUint32(0)
}

/**
 * Read a verifier key, `<name>+<id>+<base64>`.
 *
 * @throws {KeyError} `BAD_KEY`, `NO_CRYPTO`
 */
export async function parseVerifierKey(text: string): Promise<VerifierKey> {
  if (text.startsWith(SIGNER)) throw bad('this is a private key, the public one is wanted')
  const { name, id, type, bytes } = takeApart(text, PUBLIC_KEY_BYTES)
  if (type !== KeyType.ed25519 && type !== KeyType.cosignature) throw bad(`a key of type ${type}, expected 1 or 4`)
  if ((await keyId(name, type, bytes)) !== id) throw bad('its id is not that of its name and key')
  return { name, id, type, publicKey: bytes }
}

/**
 * Read a signer key, `PRIVATE+KEY+<name>+<id>+<base64>`. Messages never hold any of it.
 *
 * @throws {KeyError} `BAD_KEY`, `NO_CRYPTO`
 */
export async function parseSignerKey(text: string): Promise<SignerKey> {
  if (!text.startsWith(SIGNER)) throw bad(`a private key begins with ${SIGNER}`)
  const { name, id, type, bytes: seed } = takeApart(text.slice(SIGNER.length), SEED_BYTES)
  if (type !== KeyType.ed25519) throw bad(`a private key of type ${type}, expected 1`)
  const key = await signerKey(name, seed)
  if (key.id !== id) throw bad('its id is not that of its name and key')
  return key
}

/** A fresh signer key. @throws {KeyError} `BAD_KEY` if the name cannot be one; `NO_CRYPTO` */
export async function generateSignerKey(name: string): Promise<SignerKey> {
  return signerKey(name, webCrypto().getRandomValues(new Uint8Array(SEED_BYTES)))
}

/** The signer key of a seed of 32 bytes. @throws {KeyError} `BAD_KEY` if the name cannot be one; `NO_CRYPTO` */
export async function signerKey(name: string, seed: Uint8Array): Promise<SignerKey> {
  if (!isKeyName(name)) throw bad(`${JSON.stringify(name)} cannot be a key's name: it may have no space and no +`)
  const publicKey = await publicKeyOf(seed)
  const type = KeyType.ed25519
  return { name, id: await keyId(name, type, publicKey), type, publicKey, seed }
}

/** The text of a verifier key; of a signer key its public half. */
export function formatVerifierKey({ name, id, type, publicKey }: VerifierKey): string {
  return `${name}+${idText(id)}+${encodeBase64(concatBytes([Uint8Array.of(type), publicKey]))}`
}

/** The text of a signer key: a secret. */
export function formatSignerKey({ name, id, type, seed }: SignerKey): string {
  return `${SIGNER}${name}+${idText(id)}+${encodeBase64(concatBytes([Uint8Array.of(type), seed]))}`
}

/** An id as keys show it: eight hex digits. */
export function idText(id: number): string {
  return id.toString(16).padStart(8, '0')
}

function takeApart(text: string, length: number) {
  const [, name = '', id = '', encoded = ''] = KEY.exec(text) ?? []
  if (!isKeyName(name)) throw bad('expected <name>+<id>+<base64>')
  const decoded = decodeBase64(encoded)
  if (decoded === undefined) throw bad('its last part is no base64')
  if (decoded.length !== 1 + length) throw bad(`${decoded.length} bytes, expected ${1 + length}`)
  return { name, id: Number.parseInt(id, 16), type: decoded[0] ?? 0, bytes: decoded.slice(1) }
}

function bad(what: string): KeyError {
  return new KeyError('BAD_KEY', `not a key: ${what}`)
}

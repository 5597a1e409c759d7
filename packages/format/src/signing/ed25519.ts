import { concatBytes } from '../bytes.ts'
import { decodeBase64 } from './base64.ts'
import { KeyError } from './errors.ts'
import { webCrypto } from './web-crypto.ts'

/** Bytes of a seed, of a public key, and of a signature (RFC 8032). */
export const SEED_BYTES = 32
export const PUBLIC_KEY_BYTES = 32
export const SIGNATURE_BYTES = 64

/** What a PKCS #8 key begins with that holds an Ed25519 seed (RFC 8410 §7). */
const PKCS8_HEAD = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32)

/**
 * Whether a signature is that of the key's owner over the bytes.
 *
 * @throws {KeyError} `NO_CRYPTO`; `BAD_KEY` if the key is none
 */
export async function verifyEd25519(key: Uint8Array, signature: Uint8Array, bytes: Uint8Array): Promise<boolean> {
  if (signature.length !== SIGNATURE_BYTES) return false
  const { subtle } = webCrypto()
  try {
    return await subtle.verify(
      'Ed25519',
      await subtle.importKey('raw', key, 'Ed25519', false, ['verify']),
      signature,
      bytes,
    )
  } catch (error) {
    throw new KeyError('BAD_KEY', `not a public key of Ed25519: ${String(error)}`, { cause: error })
  }
}

/** Sign bytes with the key of a seed: 64 fresh bytes. @throws {KeyError} `NO_CRYPTO` */
export async function signEd25519(seed: Uint8Array, bytes: Uint8Array): Promise<Uint8Array> {
  const { subtle } = webCrypto()
  const key = await subtle.importKey('pkcs8', concatBytes([PKCS8_HEAD, seed]), 'Ed25519', false, ['sign'])
  return new Uint8Array(await subtle.sign('Ed25519', key, bytes))
}

/** The public key of a seed. @throws {KeyError} `NO_CRYPTO` */
export async function publicKeyOf(seed: Uint8Array): Promise<Uint8Array> {
  const { subtle } = webCrypto()
  const key = await subtle.importKey('pkcs8', concatBytes([PKCS8_HEAD, seed]), 'Ed25519', true, ['sign'])
  const { x = '' } = await subtle.exportKey('jwk', key)
  // The export is base64 with the letters of URLs, without padding.
  const bytes = decodeBase64(`${x.replaceAll('-', '+').replaceAll('_', '/')}=`)
  if (bytes?.length === PUBLIC_KEY_BYTES) return bytes
  throw new KeyError('NO_CRYPTO', 'this platform does not give the public key of an Ed25519 seed')
}

import { concatBytes } from '../bytes.ts'
import { decodeBase64 } from './base64.ts'
import { KeyError } from './errors.ts'
import { type CryptoKey, webCrypto } from './web-crypto.ts'

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
  const imported = await importKey('raw', key, { usage: 'verify', extractable: false })
  return webCrypto().subtle.verify('Ed25519', imported, signature, bytes)
}

/** Sign bytes with the key of a seed: 64 fresh bytes. @throws {KeyError} `NO_CRYPTO`; `BAD_KEY` if it is no seed */
export async function signEd25519(seed: Uint8Array, bytes: Uint8Array): Promise<Uint8Array> {
  const key = await importSeed(seed, false)
  return new Uint8Array(await webCrypto().subtle.sign('Ed25519', key, bytes))
}

/** The public key of a seed. @throws {KeyError} `NO_CRYPTO`; `BAD_KEY` if it is no seed */
export async function publicKeyOf(seed: Uint8Array): Promise<Uint8Array> {
  const key = await importSeed(seed, true)
  const { x = '' } = await webCrypto().subtle.exportKey('jwk', key)
  // The export is base64 with the letters of URLs, without padding.
  const bytes = decodeBase64(`${x.replaceAll('-', '+').replaceAll('_', '/')}=`)
  if (bytes?.length === PUBLIC_KEY_BYTES) return bytes
  throw new KeyError('NO_CRYPTO', 'this platform does not give the public key of an Ed25519 seed')
}

function importSeed(seed: Uint8Array, extractable: boolean): Promise<CryptoKey> {
  // Platforms pass over what follows a key.
  if (seed.length !== SEED_BYTES)
    throw new KeyError('BAD_KEY', `a seed of ${seed.length} bytes, expected ${SEED_BYTES}`)
  return importKey('pkcs8', concatBytes([PKCS8_HEAD, seed]), { usage: 'sign', extractable })
}

interface KeyUse {
  readonly usage: 'sign' | 'verify'
  readonly extractable: boolean
}

async function importKey(
  format: 'raw' | 'pkcs8',
  bytes: Uint8Array,
  { usage, extractable }: KeyUse,
): Promise<CryptoKey> {
  const { subtle } = webCrypto()
  try {
    return await subtle.importKey(format, bytes, 'Ed25519', extractable, [usage])
  } catch (error) {
    if (error instanceof Error && error.name === 'NotSupportedError') {
      const message = 'this platform has no Ed25519: browsers have it from Chrome 137, Firefox 129 and Safari 17 on'
      throw new KeyError('NO_CRYPTO', message, { cause: error })
    }
    throw new KeyError('BAD_KEY', `not a key of Ed25519: ${String(error)}`, { cause: error })
  }
}

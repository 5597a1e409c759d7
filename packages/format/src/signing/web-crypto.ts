import { KeyError } from './errors.ts'

// What is used of the platform, declared here: the package compiles without the types of a browser or of Node.

export type CryptoKey = { readonly type: string }

interface Subtle {
  digest(algorithm: 'SHA-256', bytes: Uint8Array): Promise<ArrayBuffer>
  importKey(
    format: 'raw' | 'pkcs8',
    key: Uint8Array,
    algorithm: 'Ed25519',
    extractable: boolean,
    usages: readonly ('sign' | 'verify')[],
  ): Promise<CryptoKey>
  exportKey(format: 'jwk', key: CryptoKey): Promise<{ readonly x?: string }>
  sign(algorithm: 'Ed25519', key: CryptoKey, bytes: Uint8Array): Promise<ArrayBuffer>
  verify(algorithm: 'Ed25519', key: CryptoKey, signature: Uint8Array, bytes: Uint8Array): Promise<boolean>
}

interface WebCrypto {
  readonly subtle?: Subtle
  getRandomValues(bytes: Uint8Array): Uint8Array
}

interface Platform {
  readonly crypto?: WebCrypto
  readonly TextEncoder: new () => { encode(text: string): Uint8Array }
}

const platform = globalThis as unknown as Platform

/** A text as UTF-8. */
export function utf8(text: string): Uint8Array {
  return new platform.TextEncoder().encode(text)
}

/** The platform's cryptography. @throws {KeyError} `NO_CRYPTO` */
export function webCrypto(): WebCrypto & { readonly subtle: Subtle } {
  const { crypto } = platform
  const { subtle } = crypto ?? {}
  if (crypto !== undefined && subtle !== undefined) return crypto as WebCrypto & { readonly subtle: Subtle }
  const message = 'this platform has no cryptography here: a browser has it only on https:// pages and on localhost'
  throw new KeyError('NO_CRYPTO', message)
}

/** SHA-256 of bytes: 32 fresh bytes. @throws {KeyError} `NO_CRYPTO` */
export async function webSha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await webCrypto().subtle.digest('SHA-256', bytes))
}

import { viewOf } from '@datastreamer/format'
import { SIGNATURE_BYTES, type VerifierKey, verifyEd25519 } from '@datastreamer/format/signing'
import { utf8 } from './text.ts'

const TIME_BYTES = 8

/** When a witness says that it saw a note, in seconds since 1970; `undefined` if this is no cosignature. */
export function cosignatureTime(signature: Uint8Array): bigint | undefined {
  return signature.length === TIME_BYTES + SIGNATURE_BYTES ? viewOf(signature).getBigUint64(0) : undefined
}

/**
 * Whether a witness has cosigned the text of a note: `time u64 big-endian | Ed25519 signature`.
 *
 * @see https://c2sp.org/tlog-cosignature@v1.0.1
 */
export async function verifyCosignature(text: string, key: VerifierKey, signature: Uint8Array): Promise<boolean> {
  const time = cosignatureTime(signature)
  if (time === undefined) return false
  return verifyEd25519(key.publicKey, signature.subarray(TIME_BYTES), utf8(`cosignature/v1\ntime ${time}\n${text}`))
}

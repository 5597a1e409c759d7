// Runs in threads of its own as well, from the sources as from the bundle: nothing from other packages of the workspace may
// be imported here.

/**
 * Recovers the public key of a signature, 64 bytes; `undefined` if there is none. `signature` is `r | s`, which may be
 * above half of the group's order, as before Homestead.
 */
export type RecoverPublicKey = (hash: Uint8Array, signature: Uint8Array, yParity: number) => Uint8Array | undefined

/** libsecp256k1 as WebAssembly if it can be loaded here, otherwise portable code. */
export async function fastestRecovery(): Promise<RecoverPublicKey> {
  try {
    const { recover } = await import('tiny-secp256k1')
    return (hash, signature, yParity) => {
      try {
        return recover(hash, signature, yParity === 0 ? 0 : 1, false)?.subarray(1)
      } catch {
        return undefined
      }
    }
  } catch {
    return portableRecovery()
  }
}

/** Without WebAssembly, for every platform. */
export async function portableRecovery(): Promise<RecoverPublicKey> {
  const { secp256k1 } = await import('@noble/curves/secp256k1.js')
  return (hash, signature, yParity) => {
    try {
      const parsed = secp256k1.Signature.fromBytes(signature, 'compact').addRecoveryBit(yParity)
      return parsed.recoverPublicKey(hash).toBytes(false).subarray(1)
    } catch {
      return undefined
    }
  }
}

/** Bytes of a request for one key: hash, r, s, parity. */
export const REQUEST_BYTES = 97
/** Bytes of an answer: 64 of the key, and whether there is one. */
export const ANSWER_BYTES = 65

/** Recover the keys of several requests, joined. */
export function recoverKeys(recover: RecoverPublicKey, requests: Uint8Array): Uint8Array {
  const count = requests.length / REQUEST_BYTES
  const answers = new Uint8Array(count * ANSWER_BYTES)
  for (let i = 0; i < count; i++) {
    const at = i * REQUEST_BYTES
    const hash = requests.subarray(at, at + 32)
    const key = recover(hash, requests.subarray(at + 32, at + 96), requests[at + 96] ?? 0)
    if (key === undefined) continue
    answers.set(key, i * ANSWER_BYTES)
    answers[i * ANSWER_BYTES + 64] = 1
  }
  return answers
}

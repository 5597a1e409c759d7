import { concatBytes, u64, viewOf } from '../bytes.ts'
import type { Header } from '../header.ts'
import type { RunningDigest, SignedDigest } from '../running-digest.ts'
import { encodeIdentity, type StreamIdentityFields } from './digest-chain.ts'
import { signEd25519, verifyEd25519 } from './ed25519.ts'
import type { SignerKey, VerifierKey } from './keys.ts'
import { utf8 } from './web-crypto.ts'

const DOMAIN = 'datastreamer-feed-v1\n'

/** Which stream a header is of, for all that is signed: a relay's header may be of a later generation than its server's. */
export function feedIdentity({ version, systemId, streamType }: Omit<Header, 'generation'>): StreamIdentityFields {
  return { generation: 3, version, systemId, streamType }
}

/**
 * Vouch for a running digest.
 *
 * @param time seconds since 1970
 * @throws {KeyError} `NO_CRYPTO`
 * @see docs/spec/protocol.md §12
 */
export async function signDigest(
  { nextEntry, runningDigest }: RunningDigest,
  identity: StreamIdentityFields,
  time: bigint,
  key: SignerKey,
): Promise<SignedDigest> {
  const bytes = await signEd25519(key.seed, statement({ nextEntry, runningDigest }, identity, time))
  return { nextEntry, runningDigest, signature: { time, keyId: key.id, bytes } }
}

/**
 * Whether the owner of a key vouches for a running digest of a stream.
 *
 * @throws {KeyError} `NO_CRYPTO`; `BAD_KEY`
 * @see docs/spec/protocol.md §12
 */
export function verifyDigest(signed: SignedDigest, identity: StreamIdentityFields, key: VerifierKey): Promise<boolean> {
  const { time, bytes } = signed.signature
  return verifyEd25519(key.publicKey, bytes, statement(signed, identity, time))
}

/** What is signed. */
function statement({ nextEntry, runningDigest }: RunningDigest, identity: StreamIdentityFields, time: bigint) {
  const numbers = new Uint8Array(16)
  viewOf(numbers).setBigUint64(0, u64(nextEntry, 'nextEntry'))
  viewOf(numbers).setBigUint64(8, u64(time, 'time'))
  return concatBytes([
    utf8(DOMAIN),
    encodeIdentity(identity),
    numbers.subarray(0, 8),
    runningDigest,
    numbers.subarray(8),
  ])
}

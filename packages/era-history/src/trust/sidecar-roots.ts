import { VerificationError } from '@datastreamer/e2store'
import type { SidecarIdentity } from '@datastreamer/e2store/sidecar'
import { equalBytes, hexOf } from './bytes.ts'
import type { TrustedBlock, TrustMode } from './trust.ts'

/** What is known of the data file that a sidecar is of. */
export interface SidecarRoots {
  readonly trust: TrustMode
  /** The accumulator that is trusted, and the one that is public knowledge. */
  readonly trusted: Uint8Array | undefined
  readonly known: Uint8Array | undefined
  readonly blocks: readonly TrustedBlock[]
  /** Whether roots of the beacon chain are trusted, to which proofs may lead. */
  readonly hasHistoryRoots: boolean
}

/**
 * Whether what a sidecar says that it is of is as trusted as its data file has to be, by its accumulator or its last block;
 * `false` if only the data file can tell.
 *
 * @throws {VerificationError} `WRONG_ROOT`: a trusted root says otherwise
 */
export function isOfTrusted(identity: SidecarIdentity, roots: SidecarRoots): boolean {
  const { trust, trusted, known, blocks, hasHistoryRoots } = roots
  if (trust === 'none') return true
  const { accumulator, lastHash, start, count } = identity
  const last = start + BigInt(count) - 1n
  const within = blocks.filter(({ number }) => start <= number && number <= last)
  const lastKnown = within.find(({ number }) => number === last)
  if (accumulator !== undefined && trusted !== undefined) compare('accumulator', accumulator, trusted)
  if (lastKnown !== undefined) compare('last hash', lastHash, lastKnown.hash)
  const isKnown = accumulator !== undefined && known !== undefined && equalBytes(accumulator, known)
  if (isKnown || lastKnown !== undefined || (accumulator !== undefined && trusted !== undefined)) return true
  return trust !== 'require' && trusted === undefined && !hasHistoryRoots && within.length === 0
}

function compare(what: string, found: Uint8Array, expected: Uint8Array): void {
  if (equalBytes(found, expected)) return
  throw new VerificationError('WRONG_ROOT', `${what} of the sidecar is ${hexOf(found)}, expected ${hexOf(expected)}`, 0)
}

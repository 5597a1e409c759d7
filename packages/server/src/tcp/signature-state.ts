import type { CommitPoint } from '@datastreamer/store/log'
import type { KnownSignatures, SignedPoint } from './known-signatures.ts'

/** What another thread has to know of signatures. */
export interface SignatureState {
  /** Whether the digests have come to the head once. */
  readonly isReady: boolean
  /** Whether this process signs; else signatures come from elsewhere, or do not come. */
  readonly signs: boolean
  readonly recent: readonly SignedPoint[]
  readonly recentSince: number
}

/** The signatures of a server, for its threads too. `StreamSignatures` are such. */
export interface ServedSignatures extends KnownSignatures {
  readonly state: SignatureState
}

/** Head and newest signed point may be so far apart before signatures that come from elsewhere count as missing. */
const MOST_UNSIGNED_BYTES = 16 * 1024 * 1024

/** Whether readers of a log may have signatures. */
export function isGranted({ isReady, signs, recent }: SignatureState, { totalLength }: CommitPoint): boolean {
  const newest = recent.at(-1)
  if (!isReady || newest === undefined) return false
  return signs || totalLength - newest.position <= MOST_UNSIGNED_BYTES
}

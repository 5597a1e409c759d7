import type { SignerKey } from '@datastreamer/format/signing'
import type { Clock } from '@datastreamer/runtime'
import type { Disk } from '@datastreamer/store'
import type { StreamLog } from '@datastreamer/store/log'

export interface SignaturesOptions {
  /** The log of an open store or reader. */
  readonly log: StreamLog
  /** Sign with these keys, one or two (default: none; signatures come from elsewhere, by `add`). */
  readonly keys?: readonly SignerKey[] | undefined
  /** Least time between two signatures of the head, in ms (default 100). */
  readonly intervalMs?: number | undefined
  /** Called for what somebody should know; must not throw. */
  readonly onEvent?: ((event: SignaturesEvent) => void) | undefined
  /** Time and timers (default: this machine's). */
  readonly clock?: Clock | undefined
  readonly disk?: Disk | undefined
}

export type SignaturesEvent =
  /** The digests have come to the head for the first time, after so many milliseconds. */
  | { readonly event: 'ready'; readonly entries: number; readonly ms: number }
  /** A signature that was added is of another history than the log's. */
  | { readonly event: 'differs'; readonly nextEntry: bigint }
  /** The log or the file with the signatures cannot be read or written; that is tried again. */
  | { readonly event: 'failed'; readonly error: unknown }

/** How far signatures are. */
export interface SignaturesStatus {
  /** Whether readers may have them. */
  readonly isGranted: boolean
  /** Entries that are hashed. */
  readonly hashedEntries: number
  /** Entries before the newest signed point. */
  readonly signedEntries: number
  /** When it was signed: seconds since 1970. */
  readonly signedAt: number | undefined
}

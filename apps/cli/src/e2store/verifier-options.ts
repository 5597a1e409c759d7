import type { Checksum } from '@datastreamer/e2store/execution'
import type { BeaconNetwork } from '@datastreamer/e2store/verify-era'

export interface VerifierOptions {
  readonly accumulators: readonly Checksum[] | undefined
  readonly checksums: readonly Checksum[] | undefined
  readonly network: BeaconNetwork | undefined
  /** The file that an `.e2i` is the index of. */
  readonly data?: string | undefined
  readonly signatures: boolean
  /** Whether an `.era` that cannot be verified fully fails. */
  readonly full?: boolean | undefined
  /** Whether an `.e2ss` need not hold all of a state. */
  readonly partial?: boolean | undefined
  /** Slots of a full storage record of an `.e2ss`. */
  readonly slotsPerRecord?: number | undefined
  readonly signal: AbortSignal
}

/** Called with how much of a file has been verified. */
export type OnProgress = (done: number, total: number) => void

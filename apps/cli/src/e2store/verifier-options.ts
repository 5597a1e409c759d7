import type { ChecksumList } from '@datastreamer/e2store/execution'
import type { StateHistory } from '@datastreamer/e2store/trusted'
import type { BeaconNetwork } from '@datastreamer/e2store/verify-era'

export interface VerifierOptions {
  readonly accumulators: ChecksumList | undefined
  /** The beacon chain that files must be of. */
  readonly network: BeaconNetwork | undefined
  /** What a trusted state knows of the eras before it. */
  readonly history?: StateHistory | undefined
  /** The file that an `.e2i` is the index of. */
  readonly data?: string | undefined
  readonly signatures: boolean
  /** Names of all files to verify. */
  readonly names?: readonly string[] | undefined
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

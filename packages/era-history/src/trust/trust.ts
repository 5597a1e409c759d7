import type { HistoryRoots } from '@datastreamer/e2store/execution'

/**
 * How far a header was verified: it leads to a root that is trusted; it fits the rest of its file, the name of that and the
 * files beside it; or it was not compared with anything.
 */
export type TrustLevel = 'trusted' | 'consistent' | 'unverified'

/**
 * What is answered: everything that fits its file and does not contradict a trusted root (`roots`); only what leads to a
 * trusted root (`require`); everything whose content fits its header, without reading more than that (`none`).
 */
export type TrustMode = 'roots' | 'require' | 'none'

/** A block whose hash is known. */
export interface TrustedBlock {
  readonly number: bigint
  /** 32 bytes. */
  readonly hash: Uint8Array
}

/** The root over the accumulators of all files of a chain before its merge. */
export interface AccumulatorList {
  /** How many accumulators there are. */
  readonly count: number
  /** 32 bytes. */
  readonly root: Uint8Array
}

/** What is known from elsewhere, by the name of the network. What is not known is `undefined`. */
export interface TrustedRoots {
  /** The accumulator of an era of blocks before the merge, 32 bytes. */
  accumulator?(network: string, era: number): Uint8Array | undefined
  /** The root over all of them: for those who hold all those files it stands for the list. */
  accumulators?(network: string): AccumulatorList | undefined
  /** The roots over eras of its beacon chain. */
  historyRoots?(network: string): HistoryRoots | undefined
  /** Blocks that must have these hashes; the blocks before them in the same file are as trusted, by their links. */
  blocks?(network: string): readonly TrustedBlock[]
}

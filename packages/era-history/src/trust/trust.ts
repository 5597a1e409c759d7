import type { HistoryRoots } from '@datastreamer/e2store/execution'

/**
 * How far a header was verified: it leads to a root that is trusted; it fits the rest of its file; or it was not compared
 * with anything.
 */
export type TrustLevel = 'trusted' | 'consistent' | 'unverified'

/**
 * What is answered: everything that fits its file and does not contradict a trusted root (`roots`); only what leads to a
 * trusted root (`require`); everything whose content fits its header, without reading more than that (`none`).
 */
export type TrustMode = 'roots' | 'require' | 'none'

/** Roots that are known from elsewhere. What one is not known for is `undefined`. */
export interface TrustedRoots {
  /** The accumulator of an era of blocks before the merge, 32 bytes. */
  accumulator?(network: string, era: number): Uint8Array | undefined
  /** For a network, the roots over eras of its beacon chain. */
  historyRoots?(network: string): HistoryRoots | undefined
}

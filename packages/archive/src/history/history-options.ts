import type { Signal } from '@datastreamer/format'
import type { VerifierKey } from '@datastreamer/format/signing'
import type { Codecs } from '../codecs/codecs.ts'
import type { HistoryNotice } from './history-notice.ts'
import type { HistoryClock } from './pace.ts'

export interface HistoryOptions {
  /**
   * The key of the log, or several, of which one has to have signed: `<name>+<key id>+<base64>`. Without one, all is
   * checked against the signed root, but nobody vouches for that (notice `AUTHOR_UNCHECKED`).
   */
  readonly publicKey?: string | VerifierKey | readonly (string | VerifierKey)[] | undefined
  /** A checkpoint that was seen before: this history has to continue it. */
  readonly checkpoint?: string | undefined
  /** Most requests of an iteration at once (default 16). */
  readonly concurrency?: number | undefined
  /** Most bytes that an iteration fetches ahead, compressed (default 64 MiB). */
  readonly prefetchBytes?: number | undefined
  /** Most bytes of records that were read one by one and are kept, decompressed (default 32 MiB). */
  readonly cacheBytes?: number | undefined
  /** How often something that has to be there, and is not, is asked for again (default 5, within about 8 s). */
  readonly missingRetries?: number | undefined
  /** Ends the opening. */
  readonly signal?: Signal | undefined
  /** SHA-256 and zstd (default: for every platform). */
  readonly codecs?: Codecs | undefined
  /** Called with what can be gone on with. */
  readonly onNotice?: ((notice: HistoryNotice) => void) | undefined
  /** Time and chance, for tests. */
  readonly clock?: HistoryClock | undefined
}

/** What the options come to. */
export interface HistorySettings {
  readonly concurrency: number
  readonly prefetchBytes: number
  readonly cacheBytes: number
  readonly missingRetries: number
}

const DEFAULTS: HistorySettings = {
  concurrency: 16,
  prefetchBytes: 64 * 1024 * 1024,
  cacheBytes: 32 * 1024 * 1024,
  missingRetries: 5,
}

/** @throws {RangeError} if an option is out of range */
export function settingsOf(options: HistoryOptions): HistorySettings {
  const numberOf = (name: keyof HistorySettings, least: number): number => {
    const value = options[name] ?? DEFAULTS[name]
    if (Number.isSafeInteger(value) && value >= least) return value
    throw new RangeError(`${name} is ${value}, expected a whole number of ${least} or more`)
  }
  return {
    concurrency: numberOf('concurrency', 1),
    prefetchBytes: numberOf('prefetchBytes', 1),
    cacheBytes: numberOf('cacheBytes', 0),
    missingRetries: numberOf('missingRetries', 0),
  }
}

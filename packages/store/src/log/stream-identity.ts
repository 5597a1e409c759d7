import type { HeaderGeneration } from '@datastreamer/format'

/** Properties of a stream; fixed when its file is made. */
export interface StreamIdentity {
  /** u64, 1 for a zkEVM sequencer (default). */
  readonly streamType?: bigint | undefined
  /** u64, e.g. the chain id (default 0). */
  readonly systemId?: bigint | undefined
  /** u8, version of the entries' encoding (default 2; generations 1 and 2 have none). */
  readonly version?: number | undefined
  /** Layout of the header (default 3). */
  readonly generation?: HeaderGeneration | undefined
  /** 16 bytes (default `polygonDATSTREAM`). */
  readonly magic?: Uint8Array | undefined
}

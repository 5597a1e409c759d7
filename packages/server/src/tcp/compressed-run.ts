import type { LogPosition } from '@datastreamer/store/log'

/** A run of entries that was compressed, or that is not worth it. */
export interface CompressedRun {
  /** A compressed packet; `undefined`: the run is short, or does not shrink. Read-only: all readers share it. */
  readonly packet: Uint8Array | undefined
  /** Bytes of the packets that are in it. */
  readonly size: number
  /** Byte offset of the first entry in the file. */
  readonly position: number
  /** The position after the entries. */
  readonly next: LogPosition
  /** Number of the entry after the last operation boundary in it, or right after it, if there is one. */
  readonly boundary: number | undefined
}

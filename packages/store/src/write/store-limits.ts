/** How much a store keeps in memory. */
export interface StoreLimits {
  /** Number of the newest pages of 1 MiB that are kept in memory for readers. */
  readonly tailPages: number
  /** Bytes of an open operation that are kept in memory before whole pages of it are written ahead. */
  readonly spillBytes: number
  /** Bytes that may wait for the disk before further entries are refused. */
  readonly maxPendingBytes: number
}

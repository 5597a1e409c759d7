import type { ArchiveOptions } from '@datastreamer/e2store/execution'
import type { FileState } from './files/history-file.ts'
import type { History } from './history.ts'
import type { TrustedRoots, TrustMode } from './trust/trust.ts'

export interface HistoryOptions {
  /** The network whose files are used; needed only where there are files of several. */
  readonly network?: string
  /** What is answered (default `roots`). */
  readonly trust?: TrustMode
  /** Roots that are known from elsewhere; each replaces the one that is built in. */
  readonly trustedRoots?: TrustedRoots
  /** Most files open at once, besides twice as many sidecars (default 128). */
  readonly maxOpenFiles?: number
  /** Roughly the most bytes of blocks that are kept (default 24 MiB). */
  readonly blockBytes?: number
  /**
   * Most bytes kept of verified headers, 192 KiB a file of 8192 blocks, and as many of digests, 8 KiB a file, with which
   * blocks of other files are recognized (default 24 MiB: 128 and 3072 files).
   */
  readonly headerBytes?: number
  /** Most bytes kept of what was read of sidecars (default 16 MiB). */
  readonly sidecarBytes?: number
  /** Most bytes kept of what was scanned to find hashes, 8 bytes a transaction (default 64 MiB). */
  readonly lookupBytes?: number
  /**
   * Most bytes of files without sidecars that are read to find a hash (default 1 GiB): of `.ere` files only the headers for a
   * block. If they have more, they are not searched.
   */
  readonly scanBytes?: number
  /**
   * Most threads that recover senders (default: one less than processors, but two of two; at most 8). With 0 the thread that
   * asks does it, and none is started.
   */
  readonly threads?: number
  /** How files are read: decompression, limits. */
  readonly archive?: ArchiveOptions
  readonly signal?: AbortSignal
}

/** A history over the files of locations. */
export interface OpenHistory extends History {
  /** What is known of each file. */
  readonly files: readonly FileState[]
  /** Look for files that were added, replaced or removed; returns whether there are any. */
  refresh(options?: { readonly signal?: AbortSignal }): Promise<boolean>
}

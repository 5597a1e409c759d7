import type { Entry, Header } from '@datastreamer/format'
import type { CommitPoint } from './commit-point.ts'
import type { KnownRun, LogPosition, LogRun } from './run-reader.ts'
import type { Truncations } from './truncations.ts'

/** Notified of changes of a log. Calls must not throw or block. */
export interface LogListener {
  /** The commit point moved forward. */
  onCommit(): void
  /** Every entry after the point was removed. */
  onTruncate(point: CommitPoint): void
  /** Committed bytes were changed in place, from an entry on. */
  onUpdate?(from: LogPosition): void
}

/** How a run is read from disk. */
export interface RunOptions {
  /** Memory for the run: no more is read than fits, but always at least one entry (default: new memory). */
  readonly into?: Uint8Array | undefined
  /** Most bytes to read, but always at least one entry (default: those of `into`, or what the log reads at a time). */
  readonly maxBytes?: number | undefined
  /** The end of the log for the caller: the commit point, or for the writer the next one. */
  readonly end?: CommitPoint | undefined
  /**
   * The run as it was read a moment ago: its entries are not walked again, only the first one is checked. To be given only if
   * no committed bytes have changed since, and `into` has room for it.
   */
  readonly known?: KnownRun | undefined
}

/** The committed log as readers see it; see {@link StreamLog}. */
export interface ReadableLog {
  readonly header: Header
  /** Number of the first entry that it has: 0, unless it begins late. */
  readonly firstEntry: number
  /** Its truncations. */
  readonly truncations: Truncations
  /**
   * Grows with every change of committed bytes, by a truncation or in place, and with every damage found: while it stays,
   * what was read before can still be read.
   */
  readonly epoch: number
  listen(listener: LogListener): () => void
  locate(number: number): Promise<LogPosition>
  locateInMemory(number: number): LogPosition | undefined
  runInMemory(from: LogPosition, end?: CommitPoint): LogRun | undefined
  runOnDisk(from: LogPosition, options?: RunOptions): Promise<LogRun | undefined>
  runAsFound(from: LogPosition, maxBytes?: number): Promise<LogRun | undefined>
  entry(number: bigint): Promise<Entry | undefined>
}

import type { Entry, Header } from '@datastreamer/format'
import type { CommitPoint } from './commit-point.ts'
import type { LogPosition, LogRun } from './run-reader.ts'
import type { Truncations } from './truncations.ts'

/** Notified of what happens to a log. Calls must not throw and must not wait. */
export interface LogListener {
  /** The commit point moved forward. */
  onCommit(): void
  /** Every entry after the point is gone. */
  onTruncate(point: CommitPoint): void
}

/** How a run is read from disk. */
export interface RunOptions {
  /** Memory for the run: it is filled at most, but always at least one entry is read (default: new memory). */
  readonly into?: Uint8Array | undefined
  /** Most bytes to read, but always at least one entry (default: those of `into`, or what the log reads at a time). */
  readonly maxBytes?: number | undefined
  /** Where the log ends for the caller: the commit point, or for the writer what is to become that. */
  readonly end?: CommitPoint | undefined
}

/** The committed log as readers see it; see {@link StreamLog}. */
export interface ReadableLog {
  readonly header: Header
  /** What was truncated of it. */
  readonly truncations: Truncations
  listen(listener: LogListener): () => void
  locate(number: number): Promise<LogPosition>
  runInMemory(from: LogPosition, end?: CommitPoint): LogRun | undefined
  runOnDisk(from: LogPosition, options?: RunOptions): Promise<LogRun | undefined>
  runAsFound(from: LogPosition, maxBytes?: number): Promise<LogRun | undefined>
  entry(number: bigint): Promise<Entry | undefined>
}

import type { InFlight } from './in-flight.ts'

/** Writes operations without waiting for their answers. */
export interface Writer extends AsyncDisposable {
  /** Begin so many more; each is acknowledged to the {@link InFlight} that the writer was opened with. */
  write(operations: number): void
}

export interface WriterOptions {
  readonly port: number
  /** Entries of an operation. */
  readonly entries: number
  readonly flight: InFlight
}

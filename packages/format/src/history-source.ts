import type { Signal } from './entry-source.ts'
import type { Header } from './header.ts'
import type { OperationSource } from './operation-source.ts'

/**
 * A verified archive of a stream's beginning, that grows from time to time. What it has never changes: it has entries from 0
 * on, and whoever makes it adds to it only what continues the stream that it is of.
 *
 * Its header stands where it ends: `totalEntries` is the number of the first entry that it does not have. Reading ends
 * there, whatever `follow` says, and knows no start or end beyond it. Between two calls of {@link refresh} it is the same.
 *
 * - **Verified.** Entries are compared with the archive's digests before they are given. Readers that join a history to a
 *   server compare no more than the last entry.
 * - **Lifetime.** Data that was given is never written to again.
 * - **Failures.** What can be tried again, as a network that failed or is silent for too long, is a `StreamError` that is
 *   `retryable`; any other error means that the history cannot be used as it is. Nobody else limits the time that an answer
 *   may take.
 */
export interface HistorySource extends OperationSource {
  /**
   * Look for what was added since; gives the header of what it has now. Readings that have begun go on as they are, and others
   * may ask at the same time.
   */
  refresh(options?: { readonly signal?: Signal | undefined }): Promise<Header>
}

import type { Signal } from './entry-source.ts'
import type { Header } from './header.ts'
import type { OperationSource } from './operation-source.ts'

/**
 * A verified archive of a stream's beginning, that grows from time to time. What it has never changes, so it has entries from
 * 0 on.
 *
 * Its header stands where it ends: `totalEntries` is the number of the first entry that it does not have. Reading ends
 * there, whatever `follow` says, and knows no start or end beyond it. Between two calls of {@link refresh} it is the same.
 *
 * What can be tried again, such as a network that failed, is a `StreamError` that is `retryable`; another error means that
 * the history cannot be used as it is.
 */
export interface HistorySource extends OperationSource {
  /** Look for what was added since; gives the header of what it has now. */
  refresh(options?: { readonly signal?: Signal | undefined }): Promise<Header>
}

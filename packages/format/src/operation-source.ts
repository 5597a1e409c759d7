import type { Entry } from './entry.ts'
import type { EntriesOptions, EntrySource } from './entry-source.ts'

/** What an operation source gives, in order. */
export type OperationEvent =
  /** The next entries, one or more. */
  | { readonly kind: 'entries'; readonly entries: readonly Entry[] }
  /**
   * An operation ended before entry `nextEntry`, which is the one after the last given. With `gap`, it is unknown where
   * operations end from here on up to the next such event, and here, too.
   */
  | { readonly kind: 'operationBoundary'; readonly nextEntry: bigint; readonly gap: boolean }

/**
 * An entry source that also says where operations end.
 *
 * Not every boundary is given. But unless one with `gap` stands before it, an entry is followed by one without soon: after
 * its operation, or one that follows within about a page, and in any case where reading comes to the head.
 *
 * @see docs/spec/protocol.md §7
 */
export interface OperationSource extends EntrySource {
  /**
   * As `batches`, with operation boundaries between the entries. Entries of other types than asked for are left out, boundaries
   * are not.
   */
  operations(options?: EntriesOptions): AsyncIterable<OperationEvent>
}

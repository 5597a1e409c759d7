/** What published files do otherwise than the format says. */
export type DeviationCode =
  | 'INDEX_ORDER'
  | 'INDEX_BASE'
  | 'NAME_PROFILE'
  | 'NAME_HASH'
  | 'NAME_COUNT'
  | 'POST_MERGE_BLOCKS'
  | 'DIFFICULTY_AFTER_MERGE'
  | 'UNCHECKED_ACCUMULATOR'
  | 'UNCHECKED_WITHDRAWALS'

/**
 * A deviation of a published file that does not make its blocks wrong.
 *
 * @see docs/spec/e2store-execution.md §12
 */
export interface Deviation {
  readonly code: DeviationCode
  readonly message: string
  /** Byte position of the first record or field concerned; 0 for the name. */
  readonly position: number
}

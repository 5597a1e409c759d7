import { StreamError } from '@datastreamer/format'

export type HistoryErrorCode =
  /** A leaf of the log cannot be read. */
  | 'BAD_LEAF'
  /** Leaves do not follow each other. */
  | 'BROKEN_CHAIN'
  /** What is under a key is not what the checkpoint, or a leaf, says. */
  | 'WRONG_CONTENT'
  /** The checkpoint is of another log than the key that is trusted. */
  | 'OTHER_ORIGIN'
  /** No trusted key has signed the checkpoint. */
  | 'UNTRUSTED'
  /** The checkpoint is neither the one seen before nor a continuation of it. */
  | 'FORKED'
  /** Something that the checkpoint refers to is not there, or not yet. */
  | 'MISSING'
  /** What holds the history cannot be read: `cause` says why. */
  | 'UNREACHABLE'
  /** The checkpoint has fewer leaves than one that was seen before, or than the copy that is written. */
  | 'LATE'
  /** There is no history. */
  | 'NO_HISTORY'

export interface HistoryErrorOptions extends ErrorOptions {
  /** The key of the object that is wrong. */
  readonly key?: string
  /** Whether the same may work later (default: for `MISSING`). */
  readonly retryable?: boolean
  /** The checkpoints that contradict each other. */
  readonly notes?: readonly string[]
}

/**
 * A history is damaged, or not the one that is trusted: read another copy of it. What is `retryable` may only be late.
 */
export class HistoryError extends StreamError<HistoryErrorCode> {
  override readonly name: string = 'HistoryError'
  override readonly retryable: boolean
  /** The key of the object that is wrong, if it is one. */
  readonly key: string | undefined
  /** With `FORKED` the two signed notes that contradict each other, the one that was seen first in front. */
  readonly notes: readonly string[]
  constructor(code: HistoryErrorCode, message: string, options: HistoryErrorOptions = {}) {
    super(code, message, options)
    this.key = options.key
    this.retryable = options.retryable ?? code === 'MISSING'
    this.notes = options.notes ?? []
  }
}

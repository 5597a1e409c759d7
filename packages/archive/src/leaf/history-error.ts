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
  /** The checkpoint is neither the one seen before nor a continuation of it. */
  | 'FORKED'
  /** Something that the checkpoint refers to is not there. */
  | 'MISSING'
  /** There is no history. */
  | 'NO_HISTORY'

/** A history is damaged, or not the one that is trusted: read another copy of it. */
export class HistoryError extends StreamError<HistoryErrorCode> {
  override readonly name: string = 'HistoryError'
  /** The key of the object that is wrong, if it is one. */
  readonly key: string | undefined
  constructor(code: HistoryErrorCode, message: string, options: ErrorOptions & { readonly key?: string } = {}) {
    super(code, message, options)
    this.key = options.key
  }
}

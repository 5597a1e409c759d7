import { StreamError } from '@datastreamer/format'

export type PublishErrorCode =
  /** The history has a checkpoint that does not continue what was published. */
  | 'FOREIGN_CHECKPOINT'
  /** The stream is another than that of the history. */
  | 'OTHER_STREAM'
  /** Another process has the publisher's state. */
  | 'STATE_IN_USE'
  /** What the publisher kept contradicts itself, or is of another log. */
  | 'BAD_STATE'
  /** A segment was written and is not there. */
  | 'SEGMENT_LOST'

/** Publishing cannot go on before somebody looked at it: nothing is tried again. docs/spec/history.md §6. */
export class PublishError extends StreamError<PublishErrorCode> {
  override readonly name: string = 'PublishError'
}

import { StreamError } from '@datastreamer/format'

export type PublishErrorCode =
  /** The history has a checkpoint that does not continue what was published. */
  | 'FOREIGN_CHECKPOINT'
  /** The stream is another than that of the history. */
  | 'OTHER_STREAM'
  /** What the publisher kept contradicts itself, or is of another log. */
  | 'BAD_STATE'
  /** The history lost a segment, and the stream does not give it again. */
  | 'SEGMENT_LOST'

/** Publishing cannot go on before somebody looked at it: nothing is tried again. docs/spec/history.md §6. */
export class PublishError extends StreamError<PublishErrorCode> {
  override readonly name: string = 'PublishError'
}

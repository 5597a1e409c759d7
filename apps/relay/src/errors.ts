import { StreamError } from '@datastreamer/format'

/** Why an upstream is not followed. */
export type DivergedErrorCode =
  /** It has another stream: nothing in common with the file that distinguishes it from others. */
  | 'NOTHING_IN_COMMON'
  /** It is the stream of a file that another relay wrote, but some entries differ. */
  | 'COPY_DIFFERS'

/** An upstream's stream and the file do not go together. Nothing was changed; another upstream may do. */
export class DivergedError extends StreamError<DivergedErrorCode> {
  override readonly name: string = 'DivergedError'
}

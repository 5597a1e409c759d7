import type { PublishEvent } from '@datastreamer/archive'
import type { PublishTarget } from './publish-options.ts'

/** What a thread that publishes begins with. */
export interface PublishStart extends PublishTarget {
  /** The stream file, which is only read. */
  readonly file: string
  readonly state: string
}

/** An event, as it is sent to another thread. */
export type SentPublishEvent =
  | Exclude<PublishEvent, { readonly kind: 'failed' }>
  | { readonly kind: 'failed'; readonly what: string; readonly message: string; readonly retryInMs: number }
  /** Somebody has to look at it: nothing is tried again. */
  | { readonly kind: 'stopped'; readonly code: string; readonly message: string }

/** What the thread is asked to do: end. */
export type PublishRequest = 'close'

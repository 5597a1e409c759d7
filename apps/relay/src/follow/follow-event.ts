import type { Header, StreamError } from '@datastreamer/format'
import type { Upstream } from '../upstream/upstream.ts'

/** What following a stream consists of: the status, the metrics and the log all derive from these. */
export type FollowEvent =
  /** An upstream is being dialled. */
  | { readonly event: 'connecting'; readonly upstream: Upstream }
  /** It has the stream of the file and goes on where that ends. */
  | {
      readonly event: 'connected'
      readonly upstream: Upstream
      readonly header: Header
      readonly boundaries: boolean
      readonly compression: boolean
      /** Whether it sends signatures. */
      readonly signatures: boolean
    }
  /** What is missing of the stream comes from the history first; `header` stands where that ends. */
  | { readonly event: 'history'; readonly upstream: Upstream; readonly header: Header }
  /** An upstream's header was seen. */
  | { readonly event: 'header'; readonly header: Header }
  | { readonly event: 'received'; readonly entries: number }
  /** An upstream could not be followed, or no longer. */
  | { readonly event: 'failed'; readonly upstream: Upstream; readonly error: StreamError }
  /** The file was truncated to what the upstream still has. */
  | { readonly event: 'truncated'; readonly upstream: Upstream; readonly from: bigint; readonly to: bigint }
  /** The file cannot be written until the disk is well; what it has is served on. */
  | { readonly event: 'stopped'; readonly error: Error }
  /** It can be written again. */
  | { readonly event: 'resumed' }

/** Notified of what happens. Must not throw. */
export type Report = (event: FollowEvent) => void

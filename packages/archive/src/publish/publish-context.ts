import type { Sha256 } from '../sha256.ts'
import type { CheckpointKeys } from './checkpoint-keys.ts'
import type { HistoryTarget } from './history-target.ts'
import type { OnPublishEvent } from './publish-event.ts'
import type { SealedLog } from './sealed-log.ts'
import type { StreamView } from './stream-view.ts'

/** What publishing works with. */
export interface PublishContext {
  readonly log: SealedLog
  readonly target: HistoryTarget
  readonly stream: StreamView
  readonly keys: CheckpointKeys
  readonly sha256: Sha256
  readonly onEvent: OnPublishEvent
  /** Waits before what another publisher may be about to change is looked at again. */
  readonly pause: () => Promise<void>
  /** Whether to wait for a stream that is shorter than the history. */
  readonly waits: boolean
}

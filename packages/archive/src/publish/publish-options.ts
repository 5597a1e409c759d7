import type { WritableObjects } from '@datastreamer/e2store/objects'
import type { OperationSource, Signal } from '@datastreamer/format'
import type { SignerKey } from '@datastreamer/format/signing'
import type { Generation } from '@datastreamer/sequencer-entries'
import type { ZstdEncoder } from '../codecs/zstd.ts'
import type { SegmentEndOptions } from '../layout-2/end-rule.ts'
import type { Sha256 } from '../sha256.ts'
import type { Lag } from './lag.ts'
import type { OnPublishEvent } from './publish-event.ts'
import type { PublisherState } from './publisher-state.ts'
import type { Sleep } from './sleep.ts'

export interface PublishHistoryOptions extends SegmentEndOptions {
  readonly source: OperationSource
  readonly destination: WritableObjects
  readonly state: PublisherState
  /** One key, or the old and the new one while a key is replaced. */
  readonly keys: readonly SignerKey[]
  readonly zstd: ZstdEncoder
  /** How entries are encoded (default: that of a stream of sequencers is found out). */
  readonly encoding?: Generation | undefined
  readonly lag: Lag
  /** Whether to go on with what comes (default true); else it ends with what the stream has. */
  readonly follow?: boolean | undefined
  /**
   * Without `follow`: whether to seal all that the stream has, whatever the lag (default false). The last segment then ends where the
   * stream did at this moment: other publishers would end it elsewhere.
   */
  readonly rest?: boolean | undefined
  readonly signal?: Signal | undefined
  /** (default: by the platform's clock) */
  readonly sleep?: Sleep | undefined
  /** After how many milliseconds it is looked whether what was published is still there (default 5000). */
  readonly confirmMs?: number | undefined
  /** How often a request is made at most if it fails for a while (default: as long as it takes with `follow`, else 8 times). */
  readonly attempts?: number | undefined
  readonly onEvent?: OnPublishEvent | undefined
  /** (default {@link portableSha256}) */
  readonly sha256?: Sha256 | undefined
}

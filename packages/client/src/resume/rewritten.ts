import { TruncatedError } from '@datastreamer/format'
import type { Checkpoint } from '../checkpoint.ts'

/** Another entry, or two, stand where what is held was. */
export class RewrittenError extends TruncatedError {
  /** The checkpoint of what is there now. */
  readonly found: Checkpoint

  constructor(found: Checkpoint, lastDelivered: bigint, totalEntries: bigint) {
    super('REWRITTEN', lastDelivered, totalEntries)
    this.found = found
  }
}
